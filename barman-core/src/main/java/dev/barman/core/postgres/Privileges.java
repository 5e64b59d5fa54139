// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

/**
 * What the connected user may do.
 *
 * @param superuser is a superuser
 * @param backup may call the backup functions, switch WAL and create restore points, and monitor
 * @param monitoring may read all settings and statistics
 * @param checkpoint may issue {@code CHECKPOINT}
 */
public record Privileges(boolean superuser, boolean backup, boolean monitoring, boolean checkpoint) {}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.core.catalog.BackupInfo;

/**
 * How a backup ended.
 *
 * @param backup the record as it is stored
 * @param interrupted whether a signal ended it: nothing further should be begun
 */
public record BackupOutcome(BackupInfo backup, boolean interrupted) {}

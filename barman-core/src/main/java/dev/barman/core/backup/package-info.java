// SPDX-License-Identifier: Apache-2.0
/** Base backups: how they are taken and recorded, and when a stored one is complete. */
@NullMarked
package dev.barman.core.backup;

import org.jspecify.annotations.NullMarked;

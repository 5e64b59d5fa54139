// SPDX-License-Identifier: Apache-2.0

/** The catalogue of backups on disk, and how backups and archived WAL files relate. */
@NullMarked
package dev.barman.core.catalog;

import org.jspecify.annotations.NullMarked;

// SPDX-License-Identifier: Apache-2.0
/**
 * From where WAL files lie to where they are kept: a {@link dev.barman.wal.archive.WalSource} gives a batch, a
 * {@link dev.barman.wal.archive.WalArchiver} brings it into a {@link dev.barman.wal.storage.WalStorage}.
 */
@NullMarked
package dev.barman.wal.archive;

import org.jspecify.annotations.NullMarked;

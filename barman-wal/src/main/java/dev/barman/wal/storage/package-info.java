// SPDX-License-Identifier: Apache-2.0
/**
 * Where archived WAL files are kept. {@link dev.barman.wal.storage.WalStorage} is the strategy that archivers and readers talk
 * to; implementations live in modules of their own and pass {@code WalStorageContract}.
 */
@NullMarked
package dev.barman.wal.storage;

import org.jspecify.annotations.NullMarked;

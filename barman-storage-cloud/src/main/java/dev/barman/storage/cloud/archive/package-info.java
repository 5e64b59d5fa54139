// SPDX-License-Identifier: Apache-2.0
/**
 * Archiving from the PostgreSQL host into a bucket: one WAL file ({@link dev.barman.storage.cloud.archive.WalUploader}), or the
 * requested one and the ready ones behind it ({@link dev.barman.storage.cloud.archive.CloudWalArchiver}). And the WAL archive of a
 * Barman server in a bucket: {@link dev.barman.storage.cloud.archive.CloudWalStorage}.
 */
@NullMarked
package dev.barman.storage.cloud.archive;

import org.jspecify.annotations.NullMarked;

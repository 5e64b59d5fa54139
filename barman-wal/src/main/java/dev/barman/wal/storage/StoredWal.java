// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.storage;

import dev.barman.wal.WalFileName;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A WAL file in a storage, as the storage itself knows it without reading its content. Immutable.
 *
 * @param name the archived name, without a suffix that the storage may add
 * @param sizeBytes the size as stored, after compression and encryption
 * @param modified when the original was written, where the storage keeps that; else when it was stored
 * @param location where it is, for messages and hook scripts: a path or a URL
 * @param compression the algorithm by its name in the WAL index, where the storage knows it without the content; null when it does not
 *     know or there is none
 */
public record StoredWal(
        WalFileName name,
        long sizeBytes,
        Instant modified,
        String location,
        @Nullable String compression) {}

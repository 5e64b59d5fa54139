// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.storage;

import dev.barman.wal.catalog.LockedXlogDb;
import dev.barman.wal.compress.CompressionSettings;
import org.jspecify.annotations.Nullable;

/**
 * Opens WAL archives that are not in a directory. A service: whoever meets an archive that is named by a URL asks the
 * {@link java.util.ServiceLoader} for an implementation that {@link #accepts} it, and nobody else does, so that a program with local
 * archives never loads one. Implementations have a public constructor without parameters and do nothing in it. Thread-safe.
 */
public interface WalStorageProvider {
    /**
     * Whether archives at this kind of URL are opened here. Looks at the URL only.
     *
     * @param url as configured
     */
    boolean accepts(String url);

    /**
     * Describes an archive. Nothing is sent, and no library of a cloud loaded, before the archive is used.
     *
     * @param archive which one
     * @return the archive; keeps connections open for as long as the process lives
     * @throws IllegalArgumentException when the URL names no archive, or the archive cannot be kept as asked for: the message says why
     */
    WalStorage open(Description archive);

    /**
     * Which archive, and how it is kept. Immutable.
     *
     * @param url where it is, as configured
     * @param server the server's name, which is part of the names of its files
     * @param index the archive's index, which is a local file
     * @param compression compresses what is stored, unless it comes compressed; null does not
     */
    record Description(
            String url,
            String server,
            LockedXlogDb index,
            @Nullable CompressionSettings compression) {}
}

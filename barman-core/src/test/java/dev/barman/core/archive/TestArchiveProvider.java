// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import dev.barman.wal.storage.WalStorage;
import dev.barman.wal.storage.WalStorageProvider;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Archives at {@code test://NAME}, which tests put there before they use a server that has its WAL at this URL. */
public final class TestArchiveProvider implements WalStorageProvider {
    /** By URL; a test takes its own away at its end. */
    public static final Map<String, WalStorage> ARCHIVES = new ConcurrentHashMap<>();

    /** For the service loader. */
    public TestArchiveProvider() {}

    @Override
    public boolean accepts(String url) {
        return url.startsWith("test://");
    }

    @Override
    public WalStorage open(Description archive) {
        WalStorage storage = ARCHIVES.get(archive.url());
        if (storage == null) {
            throw new IllegalArgumentException("no test has an archive at " + archive.url());
        }
        return storage;
    }
}

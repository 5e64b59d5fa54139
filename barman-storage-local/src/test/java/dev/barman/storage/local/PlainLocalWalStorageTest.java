// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.local;

import dev.barman.wal.WalFileName;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.storage.WalStorage;
import dev.barman.wal.storage.WalStorageContract;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;

class PlainLocalWalStorageTest extends WalStorageContract {
    private static final CompressionSettings COMPRESSION = null;

    @TempDir
    Path root;

    private LocalArchiveFixture archive;

    @Override
    protected WalStorage emptyStorage() throws IOException {
        archive = new LocalArchiveFixture(root);
        return archive.storage().compression(COMPRESSION).build();
    }

    @Override
    protected List<WalEntry> indexLines() throws IOException {
        return archive.lines();
    }

    @Override
    protected void loseIndexLines() throws IOException {
        archive.loseLines();
    }

    @Override
    protected byte[] plainContent(InputStream stored, WalFileName name) throws IOException {
        return archive.plain(stored, name, COMPRESSION);
    }
}

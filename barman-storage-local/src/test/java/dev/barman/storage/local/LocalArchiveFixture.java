// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.local;

import dev.barman.wal.WalFileName;
import dev.barman.wal.catalog.LockedXlogDb;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.catalog.XlogDb;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.ContentReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** One server's directories below a temporary one. */
final class LocalArchiveFixture {
    final Path incoming;
    final Path wals;
    final Path errors;
    final XlogDb index;
    final LockedXlogDb lockedIndex;

    LocalArchiveFixture(Path root) throws IOException {
        incoming = Files.createDirectories(root.resolve("incoming"));
        wals = root.resolve("wals");
        errors = root.resolve("errors");
        index = new XlogDb(root.resolve("main-xlog.db"));
        lockedIndex = new LockedXlogDb(index, root.resolve(".main-xlogdb.lock"));
    }

    LocalWalStorage.Builder storage() {
        return LocalWalStorage.in(wals, lockedIndex);
    }

    List<WalEntry> lines() throws IOException {
        return index.entries();
    }

    void loseLines() throws IOException {
        Files.write(index.file(), new byte[0]);
    }

    byte[] plain(InputStream stored, WalFileName name, CompressionSettings settings) throws IOException {
        Path copy = Files.createTempFile(incoming.getParent(), "stored", "");
        Files.write(copy, stored.readAllBytes());
        try (InputStream in = ContentReader.of(settings).openStored(copy)) {
            return in.readAllBytes();
        } finally {
            Files.delete(copy);
        }
    }

    /** Every file and directory below a directory, relative, sorted; directories end in a slash. */
    static List<String> tree(Path root) throws IOException {
        if (!Files.exists(root)) {
            return List.of();
        }
        try (Stream<Path> paths = Files.walk(root)) {
            return paths.filter(path -> !path.equals(root))
                    .map(path -> root.relativize(path) + (Files.isDirectory(path) ? "/" : ""))
                    .sorted()
                    .toList();
        }
    }
}

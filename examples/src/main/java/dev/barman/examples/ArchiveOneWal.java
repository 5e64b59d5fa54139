// SPDX-License-Identifier: Apache-2.0
package dev.barman.examples;

import dev.barman.storage.local.LocalWalStorage;
import dev.barman.wal.WalFileName;
import dev.barman.wal.catalog.LockedXlogDb;
import dev.barman.wal.catalog.XlogDb;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionDetector;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.storage.StoreOutcome;
import dev.barman.wal.storage.WalStorage;
import dev.barman.wal.storage.WalToStore;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;

/**
 * Archives one WAL file into a directory, compressed with zstd, with an index beside it, as the server's engine does with each
 * file it receives.
 *
 * <pre>java -cp ... dev.barman.examples.ArchiveOneWal /srv/archive pg_wal/000000010000000000000001</pre>
 *
 * <p>When it ends with 0, the file and its line of the index are on the disk to stay, and the source could be removed. It may be
 * run again with the same file; a file of the same name and other content is refused.
 */
public final class ArchiveOneWal {
    private ArchiveOneWal() {}

    /**
     * Archives one file and exits with 0 when it is in the archive, with 1 when another content has its name.
     *
     * @param args directory of the archive, path of the WAL file
     * @throws IOException when the file cannot be read or the archive not be written
     */
    public static void main(String[] args) throws IOException {
        if (args.length != 2) {
            System.err.println("usage: ArchiveOneWal ARCHIVE_DIRECTORY WAL_FILE");
            System.exit(2);
        }
        System.exit(archive(Path.of(args[0]), Path.of(args[1]), System.out) ? 0 : 1);
    }

    static boolean archive(Path directory, Path file, PrintStream out) throws IOException {
        LockedXlogDb index = new LockedXlogDb(
                new XlogDb(directory.resolve("example-xlog.db")), directory.resolve(".example-xlogdb.lock"));
        WalStorage storage = LocalWalStorage.in(directory.resolve("wals"), index)
                .compression(CompressionSettings.of(CompressionAlgorithm.ZSTD))
                .build();
        WalFileName name = WalFileName.parse(String.valueOf(file.getFileName()));
        StoreOutcome outcome = storage.save(WalToStore.of(name, file, CompressionDetector.STANDARD.detect(file)));
        if (outcome instanceof StoreOutcome.Stored stored) {
            out.printf(
                    "stored %s: %d bytes as %d%n",
                    name, stored.wal().sizeBytes(), stored.entry().sizeBytes());
            return true;
        }
        if (outcome instanceof StoreOutcome.IdenticalDuplicate) {
            out.printf("%s was there already%n", name);
            return true;
        }
        out.printf("%s is in the archive with another content%n", name);
        return false;
    }
}

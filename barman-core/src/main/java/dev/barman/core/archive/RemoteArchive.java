// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import dev.barman.core.ConfigException;
import dev.barman.core.ConfigException.Style;
import dev.barman.core.config.ServerConfig;
import dev.barman.file.AtomicFile;
import dev.barman.wal.BackupLabelFileName;
import dev.barman.wal.HistoryFileName;
import dev.barman.wal.PartialSegmentName;
import dev.barman.wal.WalFileName;
import dev.barman.wal.catalog.LockedXlogDb;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.catalog.XlogDb;
import dev.barman.wal.catalog.XlogDbLine;
import dev.barman.wal.catalog.XlogDbRebuilder;
import dev.barman.wal.storage.StoredWal;
import dev.barman.wal.storage.WalStorage;
import dev.barman.wal.storage.WalStorageProvider;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The WAL archive of a server whose {@code wals_directory} is a URL. Loaded for such a server only. */
final class RemoteArchive {
    private RemoteArchive() {}

    /**
     * Opens the archive with whatever is installed for its URL. Nothing is sent.
     *
     * @param url where it is
     * @throws ConfigException when nothing for it is installed, or the URL or the compression cannot be used
     */
    static WalStorage open(ServerConfig server, String url, LockedXlogDb index) throws ConfigException {
        WalStorageProvider.Description archive = new WalStorageProvider.Description(
                url,
                server.name(),
                index,
                server.archiving().bucketCompression().orElse(null));
        try {
            for (WalStorageProvider provider : ServiceLoader.load(WalStorageProvider.class)) {
                if (provider.accepts(url)) {
                    return provider.open(archive);
                }
            }
        } catch (IllegalArgumentException e) {
            throw unusable(server, url, String.valueOf(e.getMessage()));
        } catch (ServiceConfigurationError e) {
            throw unusable(server, url, "the library for it cannot be loaded: " + e.getMessage());
        }
        throw unusable(
                server,
                url,
                "no library for such URLs is installed. Put barman-storage-cloud and the jars it needs on the class path,"
                        + " or give s3://BUCKET/PATH, gs://BUCKET/PATH, the URL of an Azure container, or a directory");
    }

    private static ConfigException unusable(ServerConfig server, String url, String reason) {
        return new ConfigException(
                Style.ERROR, "Cannot use wals_directory = " + url + " of server '" + server.name() + "': " + reason);
    }

    /** Makes the index from a listing of the archive. */
    record Rebuild(ServerConfig server, String url, XlogDb index) implements LockedXlogDb.Rebuild {
        @Override
        public XlogDbRebuilder.Result run() throws IOException {
            WalStorage archive;
            try {
                archive = open(
                        server,
                        url,
                        new LockedXlogDb(index, server.directories().lockFile("xlogdb")));
            } catch (ConfigException e) {
                throw new IOException(
                        "cannot rebuild the WAL index of server " + server.name() + ": " + e.getMessage(), e);
            }
            Path directory = index.file().toAbsolutePath().getParent();
            if (directory != null) {
                Files.createDirectories(directory);
            }
            Lines lines = new Lines();
            AtomicFile.removeLeftovers(index.file());
            AtomicFile.write(index.file(), out -> archive.list(wal -> lines.write(wal, out)), null);
            return new XlogDbRebuilder.Result(lines.histories, lines.backupLabels, lines.walFiles);
        }
    }

    /** Writes and counts the lines of an index. */
    private static final class Lines {
        private static final Logger logger = LoggerFactory.getLogger("barman.server");

        private int histories;
        private int backupLabels;
        private int walFiles;

        void write(StoredWal wal, OutputStream out) throws IOException {
            WalFileName name = wal.name();
            if (name instanceof PartialSegmentName) {
                logger.warn("unexpected file found rebuilding the wal database: {}", wal.location());
                return;
            }
            WalEntry entry = new WalEntry(
                    name.text(), wal.sizeBytes(), WalEntry.epochSeconds(wal.modified()), wal.compression(), null);
            out.write((XlogDbLine.format(entry) + '\n').getBytes(StandardCharsets.US_ASCII));
            if (name instanceof HistoryFileName) {
                histories++;
            } else if (name instanceof BackupLabelFileName) {
                backupLabels++;
            } else {
                walFiles++;
            }
        }
    }
}

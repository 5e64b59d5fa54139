// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import dev.barman.core.ConfigException;
import dev.barman.core.config.ServerConfig;
import dev.barman.wal.catalog.LockedXlogDb;
import dev.barman.wal.catalog.XlogDb;
import dev.barman.wal.catalog.XlogDbRebuilder;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionDetector;
import dev.barman.wal.encrypt.EncryptionDetector;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The WAL index of a configured server: its file, its lock, and how to build it from the archive when its file is missing or on
 * demand. What is found in the archive and cannot be indexed is logged.
 */
public final class ServerWalIndex {
    private ServerWalIndex() {}

    /** The index of a server. Nothing is opened or created yet. */
    public static LockedXlogDb of(ServerConfig server) {
        XlogDb index = new XlogDb(server.directories().xlogdbFile());
        String url = server.directories().walsUrl();
        return new LockedXlogDb(
                index,
                server.directories().lockFile("xlogdb"),
                url == null ? new Rebuild(server, index) : new RemoteArchive.Rebuild(server, url, index));
    }

    /** A class and not a lambda: every command that looks at a catalogue makes one, few run it. */
    private record Rebuild(ServerConfig server, XlogDb index) implements LockedXlogDb.Rebuild {
        @Override
        public XlogDbRebuilder.Result run() throws IOException {
            Logger log = LoggerFactory.getLogger("barman.server");
            CompressionDetector compression = compressionDetector();
            return new XlogDbRebuilder(
                            index,
                            server.directories().wals(),
                            file -> compression
                                    .detectStored(file)
                                    .map(CompressionAlgorithm::id)
                                    .orElse(null),
                            file -> EncryptionDetector.isEncrypted(file) ? "gpg" : null,
                            log::warn)
                    .rebuild();
        }

        private CompressionDetector compressionDetector() throws IOException {
            try {
                return CompressionDetector.of(server.archiving().compression().orElse(null));
            } catch (ConfigException e) {
                throw new IOException(
                        "cannot rebuild the WAL index of server " + server.name() + ": " + e.getMessage(), e);
            }
        }
    }
}

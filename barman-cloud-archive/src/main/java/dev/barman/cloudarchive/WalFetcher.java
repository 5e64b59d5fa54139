// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.cloudarchive.CloudWals.CloudWal;
import dev.barman.object.ObjectStore;
import dev.barman.object.StorageException;
import dev.barman.wal.WalFileName;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Fetches WAL files from a bucket, uncompressed. A transfer that breaks off is begun anew. Thread-safe. */
final class WalFetcher {
    private static final int BUFFER_BYTES = 128 * 1024;
    /** How often a transfer is begun; each time the store's own retries come on top while there is no answer at all. */
    private static final int ATTEMPTS = 3;

    private final ObjectStore store;
    private final WalFinder finder;

    /**
     * @param store the bucket
     * @param finder finds files in it
     */
    WalFetcher(ObjectStore store, WalFinder finder) {
        this.store = store;
        this.finder = finder;
    }

    /** Where the content goes. */
    interface Sink {
        /** Forgets what was written: the content comes anew. */
        void restart() throws IOException;

        /** Writes the next bytes. */
        void write(byte[] bytes, int offset, int length) throws IOException;
    }

    /** The content cannot be written. */
    static final class SinkException extends IOException {
        private static final long serialVersionUID = 1L;

        private final IOException failure;

        SinkException(IOException failure) {
            super(failure.getMessage(), failure);
            this.failure = failure;
        }

        IOException failure() {
            return failure;
        }
    }

    /** What is stored is damaged, and will be the next time. */
    static final class DamagedException extends IOException {
        private static final long serialVersionUID = 1L;

        DamagedException(String message, IOException cause) {
            super(message, cause);
        }
    }

    /**
     * A file that was fetched.
     *
     * @param object where it was
     * @param conflict in words for a message, that another object holds the same file with another content; null when none does
     */
    record Fetched(CloudWal object, @Nullable String conflict) {}

    /**
     * Fetches a file.
     *
     * @param name the file
     * @param partial whether a partial segment will do for a segment
     * @param sink gets the whole, uncompressed content; of a call that fails it may have got some
     * @param warnings is told of objects that look like the file and are none
     * @return what was fetched; null when it is certain that the bucket does not have it
     * @throws SinkException when the content cannot be written
     * @throws DamagedException when the content cannot be decompressed
     * @throws IOException when the store cannot tell, or breaks off
     */
    @Nullable
    Fetched fetch(WalFileName name, boolean partial, Sink sink, Consumer<String> warnings) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try (WalFinder.Found found = finder.find(name, partial, warnings)) {
                if (found == null) {
                    return null;
                }
                Source source = new Source(found.stored());
                try {
                    copy(found.object(), source, sink);
                } catch (SinkException e) {
                    throw e;
                } catch (IOException e) {
                    if (!source.failed) {
                        throw new DamagedException(
                                "the content of " + found.object().key() + " is damaged: " + e.getMessage(), e);
                    }
                    if (attempt == ATTEMPTS) {
                        throw e;
                    }
                    // Begun anew.
                    restart(sink);
                    continue;
                }
                return new Fetched(found.object(), conflict(found));
            }
        }
    }

    private static void restart(Sink sink) throws SinkException {
        try {
            sink.restart();
        } catch (IOException e) {
            throw new SinkException(e);
        }
    }

    private static void copy(CloudWal object, Source source, Sink sink) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        // Closed, for a decompressor may hold memory that nobody else frees.
        try (InputStream plain = decompressing(object, source)) {
            for (int n = plain.read(buffer); n >= 0; n = plain.read(buffer)) {
                try {
                    sink.write(buffer, 0, n);
                } catch (IOException e) {
                    throw new SinkException(e);
                }
            }
        }
    }

    private static InputStream decompressing(CloudWal object, InputStream stored) throws IOException {
        return object.compression() == null
                ? stored
                : WalCodec.of(CompressionSettings.of(object.compression())).decompressing(stored);
    }

    private @Nullable String conflict(WalFinder.Found found) throws IOException {
        for (CloudWal other : found.alternatives()) {
            String both = found.object().key() + " and " + other.key();
            try {
                if (!sameContent(found.object(), other)) {
                    return both + " are the same WAL file with different contents";
                }
            } catch (StorageException e) {
                throw e;
            } catch (IOException e) {
                return both + " are the same WAL file, and cannot be compared: " + e.getMessage();
            }
        }
        return null;
    }

    private boolean sameContent(CloudWal first, CloudWal second) throws IOException {
        try (InputStream a = decompressing(first, store.open(first.key()));
                InputStream b = decompressing(second, store.open(second.key()))) {
            byte[] mine = new byte[BUFFER_BYTES];
            byte[] theirs = new byte[BUFFER_BYTES];
            int n;
            do {
                n = a.readNBytes(mine, 0, mine.length);
                int m = b.readNBytes(theirs, 0, theirs.length);
                if (!Arrays.equals(mine, 0, n, theirs, 0, m)) {
                    return false;
                }
            } while (n == mine.length);
            return true;
        }
    }

    /** Knows whether it was the store that failed, and not the one who reads. Closed by whoever opened it. */
    private static final class Source extends FilterInputStream {
        private boolean failed;

        Source(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            try {
                return in.read();
            } catch (IOException e) {
                failed = true;
                throw e;
            }
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            try {
                return in.read(bytes, offset, length);
            } catch (IOException e) {
                failed = true;
                throw e;
            }
        }

        /** The one who found it closes it; a decompressor only ends. */
        @Override
        public void close() {}
    }
}

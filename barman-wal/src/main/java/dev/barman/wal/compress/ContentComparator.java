// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Compares WAL files by their uncompressed content, since compressed bytes are not reproducible between programs.
 * Immutable.
 */
public final class ContentComparator {
    private static final int BUFFER_BYTES = 1 << 16;

    private final ContentReader reader;

    private ContentComparator(ContentReader reader) {
        this.reader = reader;
    }

    /** @param settings the server's compression, or null if it does not compress */
    public static ContentComparator of(@Nullable CompressionSettings settings) {
        return new ContentComparator(ContentReader.of(settings));
    }

    /**
     * Whether a file that is to be archived has the content of the archived file of its name.
     *
     * <p>Equal bytes are the same content. Otherwise both are uncompressed by their magic bytes. A stored file that
     * cannot be decoded, an encrypted one for instance, is different: the caller then keeps the incoming file.
     *
     * @throws IOException if the incoming file cannot be read, or the stored one cannot be opened
     */
    public boolean sameContent(Path incoming, Path stored) throws IOException {
        if (Files.size(incoming) == Files.size(stored) && Files.mismatch(incoming, stored) < 0) {
            return true;
        }
        boolean incomingPlain = reader.detector().detect(incoming).isEmpty();
        boolean storedPlain = reader.detector().detectStored(stored).isEmpty();
        if (incomingPlain && storedPlain) {
            return false;
        }
        InputStream first;
        try {
            first = reader.openIncoming(incoming);
        } catch (IOException e) {
            // Its first bytes only look like compressed data; as plain data it differs from what is stored.
            Files.newInputStream(incoming).close();
            return false;
        }
        try (first) {
            InputStream second;
            try {
                second = reader.openStored(stored);
            } catch (IOException e) {
                return false;
            }
            try (second) {
                return sameBytes(first, incomingPlain, second);
            }
        }
    }

    private static boolean sameBytes(InputStream incoming, boolean incomingPlain, InputStream stored)
            throws IOException {
        byte[] a = new byte[BUFFER_BYTES];
        byte[] b = new byte[BUFFER_BYTES];
        while (true) {
            int n;
            try {
                n = incoming.readNBytes(a, 0, a.length);
            } catch (IOException e) {
                if (incomingPlain) {
                    throw e;
                }
                return false;
            }
            int m;
            try {
                m = stored.readNBytes(b, 0, b.length);
            } catch (IOException e) {
                return false;
            }
            if (n != m || !Arrays.equals(a, 0, n, b, 0, m)) {
                return false;
            }
            if (n < a.length) {
                return true;
            }
        }
    }
}

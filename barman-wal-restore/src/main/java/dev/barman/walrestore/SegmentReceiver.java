// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import dev.barman.wal.WalSegmentName;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionDetector;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import dev.barman.wal.spool.WalSpool;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import org.jspecify.annotations.Nullable;

/** Brings what a server sends into the spool, decompressed if it is compressed. Used by one thread. */
final class SegmentReceiver {
    private static final int BUFFER_BYTES = 256 * 1024;
    /** Longer than every magic number. */
    private static final int HEAD_BYTES = 64;

    private final WalSpool spool;
    private final byte[] buffer = new byte[BUFFER_BYTES];

    SegmentReceiver(WalSpool spool) {
        this.spool = spool;
    }

    /** Says whether what was received may be used. */
    interface Verdict {
        /** Called at the end of the data; null when it is good, otherwise why it is not. */
        @Nullable
        String get() throws IOException;
    }

    /**
     * Receives one segment.
     *
     * @param content the whole file
     * @param verdict asked before the segment gets its name
     * @return what is wrong with it, null when nothing is and it is in the spool
     * @throws IOException when it cannot be received, decompressed or written
     */
    @Nullable
    String receive(WalSegmentName name, InputStream content, Verdict verdict) throws IOException {
        byte[] head = content.readNBytes(HEAD_BYTES);
        CompressionAlgorithm algorithm =
                CompressionDetector.STANDARD.detect(head, head.length).orElse(null);
        try (WalSpool.Incoming incoming = spool.begin(name)) {
            if (algorithm == null) {
                incoming.write(head, 0, head.length);
                copy(content, incoming);
            } else {
                InputStream whole = new SequenceInputStream(new ByteArrayInputStream(head), content);
                copy(WalCodec.of(CompressionSettings.of(algorithm)).decompressing(whole), incoming);
            }
            String problem = verdict.get();
            return problem == null ? incoming.complete() : problem;
        }
    }

    private void copy(InputStream from, WalSpool.Incoming to) throws IOException {
        for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
            to.write(buffer, 0, n);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lines of a stream, read ahead by a daemon thread: a client that writes many requests before it reads an answer is never blocked.
 * A line without its end is not one: a part of a name may be the name of another file. The thread lives until the stream ends.
 */
final class WalRequests {
    /** The most lines that wait; a prefetching client asks for some dozens ahead. */
    static final int MOST_AHEAD = 100_000;

    /** A client of which nothing was heard for so long is taken for gone. Ours end, or say something, within a minute. */
    static final Duration PATIENCE = Duration.ofMinutes(5);

    /** What is kept of a line; the names of WAL files are shorter. */
    private static final int MAX_LINE_BYTES = 1024;

    private static final int BUFFER_BYTES = 8192;

    private static final Logger logger = LoggerFactory.getLogger("barman.server");

    /** Not a name: the stream has no more. */
    private static final String END = "\n";

    private final InputStream in;
    private final Duration patience;
    private final LinkedBlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private volatile boolean overrun;

    private WalRequests(InputStream in, Duration patience) {
        this.in = in;
        this.patience = patience;
    }

    static WalRequests reading(InputStream in) {
        return reading(in, PATIENCE);
    }

    /** @param patience how long to wait for a line; then there are no more */
    static WalRequests reading(InputStream in, Duration patience) {
        WalRequests requests = new WalRequests(in, patience);
        Thread thread = new Thread(requests::readAll, "WAL requests");
        thread.setDaemon(true);
        thread.start();
        return requests;
    }

    /**
     * The next line without its end, waiting for it; null when there are no more, or none comes for so long that the client is taken for gone. A
     * line that is too long comes cut.
     */
    @Nullable
    String next() throws InterruptedException {
        String line = lines.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
        if (line == null) {
            logger.info("No request has come for {} seconds: the client is taken for gone", patience.toSeconds());
            return null;
        }
        return line.equals(END) ? null : line;
    }

    /** Whether the lines ended because there were too many, and not with the stream. */
    boolean isOverrun() {
        return overrun;
    }

    private void readAll() {
        try {
            splitLines();
        } catch (IOException e) {
            logger.warn("Cannot read further requests: {}", e.getMessage());
        } finally {
            lines.add(END);
        }
    }

    private void splitLines() throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        byte[] line = new byte[MAX_LINE_BYTES];
        int length = 0;
        for (int got = in.read(buffer, 0, buffer.length); got >= 0; got = in.read(buffer, 0, buffer.length)) {
            for (int i = 0; i < got; i++) {
                if (buffer[i] != '\n') {
                    if (length < line.length) {
                        line[length++] = buffer[i];
                    }
                    continue;
                }
                if (lines.size() >= MOST_AHEAD) {
                    overrun = true;
                    return;
                }
                lines.add(new String(line, 0, length, StandardCharsets.ISO_8859_1));
                length = 0;
            }
        }
    }
}

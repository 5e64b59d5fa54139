// SPDX-License-Identifier: Apache-2.0
package dev.barman.process;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A thread that reads one output of a program, into memory or line by line into a consumer. */
final class StreamReader implements Runnable {
    /**
     * How long to go on reading, without seeing a byte, an output that a grandchild keeps open after the end of the
     * program itself.
     */
    private static final long QUIET_MILLIS = 3000;

    private final InputStream stream;
    private final @Nullable LineConsumer consumer;
    private final ByteArrayOutputStream collected = new ByteArrayOutputStream(256);
    private final Thread thread;
    private volatile long progress;
    private volatile boolean consuming;

    private StreamReader(String name, InputStream stream, @Nullable LineConsumer consumer) {
        this.stream = stream;
        this.consumer = consumer;
        this.thread = new Thread(this, name);
        thread.setDaemon(true);
    }

    static StreamReader start(String name, InputStream stream, @Nullable LineConsumer consumer) {
        StreamReader reader = new StreamReader(name, stream, consumer);
        reader.thread.start();
        return reader;
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // written by this thread only
    public void run() {
        byte[] buffer = new byte[8192];
        try (stream) {
            for (int n = stream.read(buffer); n >= 0; n = stream.read(buffer)) {
                progress++;
                if (consumer == null) {
                    synchronized (collected) {
                        collected.write(buffer, 0, n);
                    }
                } else {
                    consuming = true;
                    lines(buffer, n, consumer);
                    consuming = false;
                }
            }
        } catch (IOException e) {
            // Closed under our feet at the end of the process: there is nothing more to read.
        } finally {
            if (consumer != null && collected.size() > 0) {
                emit(consumer);
            }
        }
    }

    private void lines(byte[] buffer, int length, LineConsumer target) {
        int start = 0;
        for (int i = 0; i < length; i++) {
            if (buffer[i] == '\n') {
                collected.write(buffer, start, i - start);
                emit(target);
                start = i + 1;
            }
        }
        collected.write(buffer, start, length - start);
    }

    private void emit(LineConsumer target) {
        String line = collected.toString(StandardCharsets.UTF_8);
        collected.reset();
        target.line(line.endsWith("\r") ? line.substring(0, line.length() - 1) : line);
    }

    /** Waits for the end of the output and returns what was collected. */
    String text() throws InterruptedException {
        long seen = -1;
        while (thread.isAlive() && (consuming || seen != progress)) {
            seen = progress;
            thread.join(QUIET_MILLIS);
        }
        if (consumer != null) {
            return "";
        }
        synchronized (collected) {
            return collected.toString(StandardCharsets.UTF_8);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import java.io.IOException;

/** The first thing that a server says in a stream, by which it shows that it knows streams at all. */
final class Greeting {
    /** How long a server may take to say anything at all. */
    private static final long MAX_MILLIS = 30_000;

    private Greeting() {}

    /** Reads the greeting; false when it is none. */
    interface Reader {
        boolean read() throws IOException;
    }

    /**
     * Waits for it. Without one the process gets no more input, so that it ends, and is ended after a while if it does not; one that says
     * nothing is ended, too.
     *
     * @return whether it came
     */
    static boolean await(RemoteProcess remote, Reader reader) throws IOException {
        return await(remote, reader, MAX_MILLIS);
    }

    static boolean await(RemoteProcess remote, Reader reader, long maxMillis) throws IOException {
        Thread watch = new Thread(
                () -> {
                    try {
                        Thread.sleep(maxMillis);
                        remote.close();
                    } catch (InterruptedException e) {
                        // It has said something, or ended.
                    }
                },
                "greeting");
        watch.setDaemon(true);
        watch.start();
        boolean greeted = false;
        try {
            greeted = reader.read();
        } finally {
            if (greeted) {
                watch.interrupt();
            } else {
                // The watch goes on: whatever it is that answers, it has to end.
                remote.input().close();
            }
        }
        return greeted;
    }
}

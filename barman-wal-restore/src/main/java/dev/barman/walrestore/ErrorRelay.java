// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Passes on what the remote command says on standard error, and remembers the end of it. */
final class ErrorRelay extends Thread {
    private static final int MAX_REMEMBERED = 8192;
    private static final int BUFFER_BYTES = 2048;
    /** The pipe may be held open by a process that the remote command left. */
    private static final long MAX_WAIT_MILLIS = 2000;

    private final InputStream from;
    private final PrintStream to;
    private String said = "";

    ErrorRelay(InputStream from, PrintStream to) {
        super("remote-stderr");
        this.from = from;
        this.to = to;
        setDaemon(true);
    }

    @Override
    public void run() {
        byte[] buffer = new byte[BUFFER_BYTES];
        try {
            for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
                to.write(buffer, 0, n);
                to.flush();
                remember(new String(buffer, 0, n, StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            // The process was ended, and its pipe with it.
        }
    }

    private synchronized void remember(String text) {
        said += text;
        if (said.length() > MAX_REMEMBERED) {
            said = said.substring(said.length() - MAX_REMEMBERED);
        }
    }

    /** What was said, complete if the process has ended. */
    String text() {
        try {
            join(MAX_WAIT_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        synchronized (this) {
            return said;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.output;

import java.io.PrintStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One JSON document on standard output, written at the end, without a final newline. Passwords are not hidden. */
public final class JsonWriter implements OutputWriter {
    private static final Logger LOG = LoggerFactory.getLogger("barman.cli");

    private final PrintStream stdout;
    private final boolean quiet;
    private final boolean debug;
    private final JsonObject document = new JsonObject();
    private volatile boolean failed;
    private boolean closed;

    /**
     * @param quiet no document at all, errors included
     * @param debug collect debug messages too
     */
    public JsonWriter(PrintStream stdout, boolean quiet, boolean debug) {
        this.stdout = stdout;
        this.quiet = quiet;
        this.debug = debug;
    }

    /** The document; results go under the name of the server. */
    public JsonObject document() {
        return document;
    }

    @Override
    public void print(String line) {
        // Lines of a result are console text; the command fills the document instead.
    }

    @Override
    public void debug(String message) {
        if (debug) {
            collect("_DEBUG", message);
        }
        LOG.debug(message);
    }

    @Override
    public void info(String message) {
        collect("_INFO", message);
        LOG.info(message);
    }

    @Override
    public void warning(String message) {
        collect("_WARNING", message);
        LOG.warn(message);
    }

    @Override
    public void error(String message) {
        failed = true;
        collect("_ERROR", message);
        LOG.error(message);
    }

    @Override
    public void exception(String message) {
        failed = true;
        collect("_EXCEPTION", message + "\nSee log file for more details.");
        LOG.error(message);
    }

    @Override
    public boolean failed() {
        return failed;
    }

    @Override
    public void fail() {
        failed = true;
    }

    @Override
    public void close() {
        if (!quiet && !closed) {
            stdout.print(document);
        }
        closed = true;
        stdout.flush();
    }

    private synchronized void collect(String key, String message) {
        document.array(key).add(message);
    }
}

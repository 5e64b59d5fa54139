// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.output;

import dev.barman.log.SecretRedactor;
import java.io.PrintStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Text for people: information on standard output, the rest with a prefix on standard error. Passwords are hidden. */
public final class ConsoleWriter implements OutputWriter {
    private static final Logger LOG = LoggerFactory.getLogger("barman.cli");
    private static final String RED = "\u001b[31m";
    private static final String GREEN = "\u001b[32m";
    private static final String YELLOW = "\u001b[33m";
    private static final String RESET = "\u001b[0m";

    private final PrintStream stdout;
    private final PrintStream stderr;
    private final boolean quiet;
    private final boolean debug;
    private final boolean color;
    private volatile boolean failed;

    /**
     * @param quiet no informational output
     * @param debug debug messages on standard error
     * @param color escape sequences around warnings and errors
     */
    public ConsoleWriter(PrintStream stdout, PrintStream stderr, boolean quiet, boolean debug, boolean color) {
        this.stdout = stdout;
        this.stderr = stderr;
        this.quiet = quiet;
        this.debug = debug;
        this.color = color;
    }

    @Override
    public void print(String line) {
        if (!quiet) {
            line(stdout, line);
        }
    }

    @Override
    public void debug(String message) {
        if (debug) {
            line(stderr, "DEBUG: " + message);
        }
        LOG.debug(message);
    }

    @Override
    public void info(String message) {
        print(message);
        LOG.info(message);
    }

    @Override
    public void warning(String message) {
        line(stderr, colored(YELLOW, "WARNING: " + message));
        LOG.warn(message);
    }

    @Override
    public void error(String message) {
        failed = true;
        line(stderr, colored(RED, "ERROR: " + message));
        LOG.error(message);
    }

    @Override
    public void exception(String message) {
        failed = true;
        line(stderr, colored(RED, "EXCEPTION: " + message + "\nSee log file for more details."));
        LOG.error(message);
    }

    /** The word {@code OK} in green. */
    public String green(String text) {
        return colored(GREEN, text);
    }

    /** The word {@code FAILED} in red. */
    public String red(String text) {
        return colored(RED, text);
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
        stdout.flush();
        stderr.flush();
    }

    private String colored(String sequence, String text) {
        return color ? sequence + text + RESET : text;
    }

    private static synchronized void line(PrintStream stream, String text) {
        stream.print(SecretRedactor.redact(text) + "\n");
        stream.flush();
    }
}

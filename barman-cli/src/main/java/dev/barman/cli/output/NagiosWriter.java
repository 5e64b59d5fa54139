// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.output;

import java.io.PrintStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** For {@code check --nagios}: messages go to the log alone, the command prints its own lines at the end. */
public final class NagiosWriter implements OutputWriter {
    private static final Logger LOG = LoggerFactory.getLogger("barman.cli");

    private final PrintStream stdout;
    private volatile boolean failed;

    public NagiosWriter(PrintStream stdout) {
        this.stdout = stdout;
    }

    @Override
    public void print(String line) {
        stdout.print(line + "\n");
        stdout.flush();
    }

    @Override
    public void debug(String message) {
        LOG.debug(message);
    }

    @Override
    public void info(String message) {
        LOG.info(message);
    }

    @Override
    public void warning(String message) {
        LOG.warn(message);
    }

    @Override
    public void error(String message) {
        failed = true;
        LOG.error(message);
    }

    @Override
    public void exception(String message) {
        failed = true;
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
        stdout.flush();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.output;

import dev.barman.core.message.LogMessages;
import java.io.PrintStream;

/** For {@code check --nagios}: messages go to the log alone, the command prints its own lines at the end. */
public final class NagiosWriter extends LogMessages implements OutputWriter {
    private final PrintStream stdout;
    private volatile boolean failed;

    public NagiosWriter(PrintStream stdout) {
        super("barman.cli");
        this.stdout = stdout;
    }

    @Override
    public void print(String line) {
        stdout.print(line + "\n");
        stdout.flush();
    }

    @Override
    public void error(String message) {
        failed = true;
        super.error(message);
    }

    @Override
    public void exception(String message) {
        failed = true;
        super.exception(message);
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

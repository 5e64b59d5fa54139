// SPDX-License-Identifier: Apache-2.0
package dev.barman.process;

import java.io.IOException;

/** A program ended with an exit status other than 0. */
public final class CommandFailedException extends IOException {
    private static final long serialVersionUID = 1;
    private static final int SHOWN_CHARACTERS = 2000;

    private final transient CommandResult result;
    private final int exitCode;

    public CommandFailedException(CommandResult result) {
        super(describe(result));
        this.result = result;
        this.exitCode = result.exitCode();
    }

    /** What ran and how it ended. */
    public CommandResult result() {
        return result;
    }

    /** The exit status; 128 plus the signal's number if a signal ended it. */
    public int exitCode() {
        return exitCode;
    }

    private static String describe(CommandResult result) {
        String stderr = result.stderr().strip();
        if (stderr.length() > SHOWN_CHARACTERS) {
            stderr = "..." + stderr.substring(stderr.length() - SHOWN_CHARACTERS);
        }
        return result.command().programName() + " failed with exit status " + result.exitCode()
                + (stderr.isEmpty() ? "" : ": " + stderr) + " (command: " + result.command() + ")";
    }
}

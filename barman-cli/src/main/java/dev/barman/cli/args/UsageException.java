// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.args;

/** A command line that does not fit the grammar; the program ends with exit code 2 and shows the message after a usage block. */
public final class UsageException extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean global;

    private UsageException(String message, boolean global) {
        super(message);
        this.global = global;
    }

    /** A problem of the chosen subcommand: reported as {@code barman SUBCOMMAND: error: MESSAGE}. */
    public static UsageException ofCommand(String message) {
        return new UsageException(message, false);
    }

    /** A problem of the program as a whole: reported as {@code barman: error: MESSAGE}. */
    public static UsageException ofProgram(String message) {
        return new UsageException(message, true);
    }

    /** True when the message belongs to the program and not to a subcommand. */
    public boolean isGlobal() {
        return global;
    }
}

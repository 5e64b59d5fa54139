// SPDX-License-Identifier: Apache-2.0
package dev.barman.args;

/** The command line is wrong. The message is meant for the user, without the program name. */
public final class UsageException extends Exception {
    private static final long serialVersionUID = 1L;

    /**
     * @param message what is wrong with the command line, naming the argument
     */
    public UsageException(String message) {
        super(message);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.process;

/**
 * How a program ended. Immutable.
 *
 * @param command what was run
 * @param exitCode the exit status; 128 plus the signal's number if a signal ended it
 * @param stdout the standard output as UTF-8 text; empty if it went to a consumer or a file
 * @param stderr the standard error as UTF-8 text; empty if it went to a consumer
 */
public record CommandResult(Command command, int exitCode, String stdout, String stderr) {

    /** Whether the exit status is 0. */
    public boolean succeeded() {
        return exitCode == 0;
    }

    /**
     * Returns this result if the program succeeded.
     *
     * @throws CommandFailedException if the exit status is not 0
     */
    public CommandResult orThrow() throws CommandFailedException {
        if (!succeeded()) {
            throw new CommandFailedException(this);
        }
        return this;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.process;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Runs external programs. Stateless and thread-safe. */
public final class CommandRunner {
    private CommandRunner() {}

    /**
     * Runs a program to its end and returns what it wrote. The exit status is the caller's to judge:
     * {@link CommandResult#orThrow}.
     *
     * @throws IOException if the program cannot be started or its standard input file cannot be opened
     * @throws java.io.InterruptedIOException if the thread is interrupted; the program is then asked to end
     */
    public static CommandResult run(Command command) throws IOException {
        return run(command, null, null);
    }

    /**
     * Runs a program to its end and gives each line to a consumer as it comes.
     *
     * @param stdout gets the lines of standard output; null keeps them for the result
     * @param stderr gets the lines of standard error; null keeps them for the result
     * @throws IOException if the program cannot be started
     * @throws java.io.InterruptedIOException if the thread is interrupted; the program is then asked to end
     */
    public static CommandResult run(Command command, @Nullable LineConsumer stdout, @Nullable LineConsumer stderr)
            throws IOException {
        return start(command, stdout, stderr).await();
    }

    /**
     * Starts a program. The handle waits for it and can end it; both outputs are read by threads of the handle.
     *
     * @param stdout gets the lines of standard output; null keeps them for the result
     * @param stderr gets the lines of standard error; null keeps them for the result
     * @throws IOException if the program cannot be started
     */
    public static RunningCommand start(Command command, @Nullable LineConsumer stdout, @Nullable LineConsumer stderr)
            throws IOException {
        return RunningCommand.start(command, stdout, stderr);
    }

    /**
     * Starts a program whose standard input and output are the caller's to write and read, through
     * {@link RunningCommand#stdin} and {@link RunningCommand#stdout}; a file set as standard input is kept. What it writes to standard error is kept for the
     * result. A caller that writes and reads in one thread must know that the program does not fill a pipe meanwhile.
     *
     * @throws IOException if the program cannot be started
     */
    public static RunningCommand startPiped(Command command) throws IOException {
        return RunningCommand.startPiped(command);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.signal;

import dev.barman.core.message.Messages;
import dev.barman.file.LockFile;
import dev.barman.process.Command;
import dev.barman.process.CommandRunner;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Ends a process of Barman that holds a lock, by its interrupt signal. A process that was started with that signal ignored,
 * as shells start background commands of a script, gets SIGTERM after a while. Stateless.
 */
public final class ProcessTermination {

    private static final int POLLS = 10;
    private static final int POLLS_BEFORE_TERM = 3;
    private static final long POLL_MILLIS = 1000;

    private ProcessTermination() {}

    /**
     * Interrupts the process that works on a task of a server and waits up to ten seconds for its end; says what happened.
     *
     * @param lockFile the lock the process holds
     * @return whether it ended
     */
    public static boolean terminate(Path lockFile, String server, String task, Messages messages)
            throws IOException, InterruptedException {
        OptionalLong holder = LockFile.probe(lockFile);
        Optional<ProcessHandle> process =
                holder.isPresent() && holder.getAsLong() > 0 ? ProcessHandle.of(holder.getAsLong()) : Optional.empty();
        if (process.isEmpty()) {
            messages.error("Termination of " + task + " failed: no such process for server " + server);
            return false;
        }
        long pid = process.get().pid();
        interrupt(pid);
        for (int i = 0; i < POLLS; i++) {
            if (!process.get().isAlive()) {
                messages.info("Stopped process " + task + "(" + pid + ")");
                return true;
            }
            if (i == POLLS_BEFORE_TERM) {
                process.get().destroy();
            }
            // Most processes are gone at once: no need to let the person wait a whole second for the first look.
            Thread.sleep(i == 0 ? POLL_MILLIS / 10 : POLL_MILLIS);
        }
        if (!process.get().isAlive()) {
            messages.info("Stopped process " + task + "(" + pid + ")");
            return true;
        }
        messages.error("Cannot terminate process " + task + "(" + pid + ")");
        return false;
    }

    /** Sends SIGINT, which the JDK cannot: it knows SIGTERM and SIGKILL only. A process that is gone is no error. */
    public static void interrupt(long pid) throws IOException {
        CommandRunner.run(Command.shell("kill -INT \"$1\"", Long.toString(pid)));
    }
}

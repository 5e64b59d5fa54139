// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.tools;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * PostgreSQL client programs that outlived the process that started them, because that was killed. They go on writing into
 * a directory that is not theirs any more. Stateless.
 */
public final class LeftoverPrograms {

    private static final Logger LOG = LoggerFactory.getLogger(LeftoverPrograms.class);

    private static final Duration GRACE = Duration.ofSeconds(5);
    private static final long POLL_MILLIS = 20;

    private LeftoverPrograms() {}

    /**
     * Ends every PostgreSQL client program of this user that was given an argument, and waits for its end. The caller holds
     * the lock that allows one such program at a time, and has none itself.
     *
     * @param argument one whole argument that only such a program has, {@code --pgdata=/directory} for example
     * @return how many there were
     */
    public static int terminate(String argument) {
        List<ProcessHandle> found = new ArrayList<>();
        for (ProcessHandle process : (Iterable<ProcessHandle>) ProcessHandle.allProcesses()::iterator) {
            ProcessHandle.Info info = process.info();
            Optional<String[]> arguments = info.arguments();
            if (arguments.isPresent()
                    && Arrays.asList(arguments.get()).contains(argument)
                    && isClientProgram(info.command().orElse(""))) {
                found.add(process);
            }
        }
        for (ProcessHandle process : found) {
            LOG.warn(
                    "ending {} (process {}), left behind by a process that is gone",
                    process.info().command().orElse("a program"),
                    process.pid());
            process.destroy();
        }
        long begin = System.nanoTime();
        for (ProcessHandle process : found) {
            awaitEnd(process, begin);
        }
        return found.size();
    }

    private static boolean isClientProgram(String command) {
        return command.substring(command.lastIndexOf('/') + 1).startsWith("pg_");
    }

    private static void awaitEnd(ProcessHandle process, long begin) {
        while (process.isAlive()) {
            if (System.nanoTime() - begin > GRACE.toNanos()) {
                process.destroyForcibly();
                return;
            }
            try {
                Thread.sleep(POLL_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}

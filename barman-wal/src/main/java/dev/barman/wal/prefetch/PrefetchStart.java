// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.prefetch;

import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Starts a {@link PrefetchProgram} in a process of its own that has nothing in common with ours: another session, the null device for
 * its standard streams (PostgreSQL's log collector would wait for whoever holds them), another working directory. Immutable.
 */
public final class PrefetchStart {
    private static final File NOWHERE = new File("/dev/null");

    private final List<String> program;
    private final List<String> options;
    private final List<String> positionals;
    private final int jobs;

    /**
     * @param program the command that runs the program
     * @param options those that the archive needs
     * @param positionals the same
     * @param jobs how many segments to keep ready
     */
    public PrefetchStart(List<String> program, List<String> options, List<String> positionals, int jobs) {
        this.program = List.copyOf(program);
        this.options = List.copyOf(options);
        this.positionals = List.copyOf(positionals);
        this.jobs = jobs;
    }

    /** {@return the command of the distribution that this program was started from; empty outside of one} */
    public static List<String> ofDistribution() {
        Path command = library("prefetch");
        return command == null ? List.of() : List.of(command.toString());
    }

    /**
     * Looks for what lies beside this program.
     *
     * @param name of a file
     * @return the file in the distribution's {@code lib}; null outside of one
     */
    public static @Nullable Path library(String name) {
        String launcher = System.getProperty("barman.program");
        Path bin = launcher == null ? null : Path.of(launcher).toAbsolutePath().getParent();
        return bin == null ? null : bin.resolveSibling("lib").resolve(name);
    }

    /**
     * Starts the process and does not wait for it.
     *
     * @param spool its directory
     * @param systemIdentifier of the cluster
     * @param size of its segments
     * @param delivered the segment behind which it begins
     * @param standby the PostgreSQL server with which the process ends
     * @return its number
     * @throws IOException when it cannot be started
     */
    long start(Path spool, long systemIdentifier, WalSegmentSize size, WalSegmentName delivered, Postmaster standby)
            throws IOException {
        if (program.isEmpty()) {
            throw new IOException("this program was not started by its launcher");
        }
        List<String> argv = new ArrayList<>();
        argv.addAll(program);
        argv.add("--directory");
        argv.add(spool.toString());
        argv.add("--system-id");
        argv.add(Long.toUnsignedString(systemIdentifier));
        argv.add("--segment-size");
        argv.add(Long.toString(size.bytes()));
        argv.add("--standby");
        argv.add(standby.dataDirectory().toString());
        if (standby.process() != 0) {
            argv.add("--postmaster");
            argv.add(Long.toString(standby.process()));
        }
        argv.add("--parallel");
        argv.add(Integer.toString(jobs));
        argv.addAll(options);
        argv.add("--");
        argv.addAll(positionals);
        argv.add(delivered.text());
        return new ProcessBuilder(argv)
                .directory(spool.toFile())
                .redirectInput(NOWHERE)
                .redirectOutput(NOWHERE)
                .redirectError(NOWHERE)
                .start()
                .pid();
    }
}

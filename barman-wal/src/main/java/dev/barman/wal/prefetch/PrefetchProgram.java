// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.prefetch;

import dev.barman.args.ArgumentParser;
import dev.barman.args.ParsedArguments;
import dev.barman.args.UsageException;
import dev.barman.file.IoReason;
import dev.barman.file.LockBusyException;
import dev.barman.file.LockFile;
import dev.barman.process.OwnProcess;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import dev.barman.wal.spool.PrefetchRequests;
import dev.barman.wal.spool.WalSpool;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The background process of a restore command with {@code --parallel}: a {@link Prefetcher} for one standby, alone in its spool
 * directory. Started by {@link PrefetchStart}, never by a person; what it has to say goes to standard error, which its launcher points
 * to {@code prefetch.log} in the spool directory.
 */
public final class PrefetchProgram {
    private static final long LOCK_WAIT_MILLIS = 5_000;
    private static final long LOCK_RETRY_MILLIS = 20;
    private static final long IDLE_MILLIS = 60_000;
    private static final long END_MILLIS = 1_000;
    /** No other codes than 0 and this: in a container PostgreSQL may be our parent, and take any other for a crash of one of its own. */
    private static final int FAILED = 1;

    private final String command;
    private final Archive archive;

    /** Where the segments come from. */
    public interface Archive {
        /**
         * Declares the options and positionals of the archive, as {@link PrefetchStart} is given them.
         *
         * @param parser gets the declarations
         */
        void declare(ArgumentParser parser);

        /**
         * Checks the arguments, without asking anybody.
         *
         * @param arguments the command line
         * @param spool where the segments go
         * @param jobs how many are to be kept ready
         * @param log for what is worth a line
         * @return opens the source
         * @throws UsageException when they are wrong
         */
        SegmentSource.Opener prepare(ParsedArguments arguments, WalSpool spool, int jobs, Consumer<String> log)
                throws UsageException;
    }

    /**
     * @param command the command that starts it, for messages
     * @param archive where the segments come from
     */
    public PrefetchProgram(String command, Archive archive) {
        this.command = command;
        this.archive = archive;
    }

    /**
     * Fetches ahead until there is a reason to end.
     *
     * @param args see {@link PrefetchStart}
     * @param log for lines about what happens
     * @return the exit code
     */
    public int run(String[] args, PrintStream log) {
        try {
            return run(parser().parse(args), log);
        } catch (UsageException | IllegalArgumentException e) {
            say(log, "wrong arguments: " + e.getMessage());
            return FAILED;
        } catch (IOException e) {
            say(log, "ended: " + IoReason.of(e));
            return FAILED;
        }
    }

    private int run(ParsedArguments arguments, PrintStream log) throws UsageException, IOException {
        Path directory = Path.of(required(arguments, "--directory"));
        WalSpool spool = new WalSpool(directory, Long.parseUnsignedLong(required(arguments, "--system-id")));
        PrefetchRequests requests = new PrefetchRequests(directory);
        WalSegmentSize size = WalSegmentSize.of(Long.parseLong(required(arguments, "--segment-size")));
        WalSegmentName delivered = WalSegmentName.parse(arguments.positional("WAL_NAME"));
        int jobs = Integer.parseInt(required(arguments, "--parallel"));
        SegmentSource.Opener opener = archive.prepare(arguments, spool, jobs, text -> say(log, text));
        String dataDirectory = arguments.value("--standby");
        String postmaster = arguments.value("--postmaster");
        Postmaster standby = new Postmaster(
                dataDirectory == null ? directory : Path.of(dataDirectory),
                postmaster == null ? 0 : Long.parseLong(postmaster));
        try (LockFile lock = lock(requests)) {
            if (lock == null) {
                say(log, "another process fetches ahead already");
                return 0;
            }
            requests.withdrawStart();
            String idle = arguments.value("--idle");
            long idleMillis = idle == null ? IDLE_MILLIS : Long.parseLong(idle);
            Prefetcher prefetcher =
                    new Prefetcher(spool, requests, jobs, size, delivered, idleMillis, END_MILLIS, standby);
            say(log, "process " + OwnProcess.pid() + " begins behind " + delivered.text());
            String end = prefetcher.run(opener);
            say(log, "ended: " + end);
            return 0;
        }
    }

    private static @Nullable LockFile lock(PrefetchRequests requests) throws IOException {
        long end = System.currentTimeMillis() + LOCK_WAIT_MILLIS;
        while (true) {
            try {
                return LockFile.tryAcquire(requests.lockFile());
            } catch (LockBusyException e) {
                if (System.currentTimeMillis() > end) {
                    return null;
                }
            }
            try {
                Thread.sleep(LOCK_RETRY_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return null;
            }
        }
    }

    private static String required(ParsedArguments arguments, String option) throws UsageException {
        String value = arguments.value(option);
        if (value == null) {
            throw new UsageException(option + " is missing");
        }
        return value;
    }

    private static void say(PrintStream log, String text) {
        log.println(Instant.now().truncatedTo(ChronoUnit.MILLIS) + " " + text);
        log.flush();
    }

    private ArgumentParser parser() {
        ArgumentParser parser = new ArgumentParser("prefetch", "Run by " + command + ".");
        archive.declare(parser);
        return parser.option("DIRECTORY", "the standby's directory in the spool", "--directory")
                .option("NUMBER", "system identifier of the cluster", "--system-id")
                .option("BYTES", "size of its WAL segments", "--segment-size")
                .option("DIRECTORY", "data directory of the standby", "--standby")
                .option("PID", "process of the server there", "--postmaster")
                .option("JOBS", "how many segments to keep ready", "--parallel")
                .option("MILLISECONDS", "end after so long without use", "--idle")
                .positional("WAL_NAME", "the segment behind which to begin");
    }
}

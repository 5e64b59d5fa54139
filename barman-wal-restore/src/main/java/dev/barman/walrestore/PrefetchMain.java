// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The background process of {@code barman-wal-restore --parallel}: a {@link Prefetcher} for one standby. Started by the command
 * itself, never by a person; what it has to say goes to standard error, which its launcher points to {@code prefetch.log} in
 * the spool directory.
 */
public final class PrefetchMain {
    private static final long LOCK_WAIT_MILLIS = 5_000;
    private static final long LOCK_RETRY_MILLIS = 20;
    private static final long IDLE_MILLIS = 60_000;
    private static final long END_MILLIS = 1_000;
    /** For so long a server that cannot stream is not asked again whether it can. */
    private static final long NOTE_MAX_AGE_MILLIS = 3_600_000;

    private static final String NOTE = "no-stream";
    /** What Barman in Python says of an option that it does not know. */
    private static final int UNKNOWN_OPTION = 2;
    /** No other codes than 0 and this: in a container PostgreSQL may be our parent, and take any other for a crash of one of its own. */
    private static final int FAILED = 1;

    private PrefetchMain() {}

    /**
     * Fetches ahead until there is a reason to end.
     *
     * @param args see {@link PrefetchProcess}
     */
    public static void main(String[] args) {
        System.exit(run(args, System.err));
    }

    static int run(String[] args, PrintStream log) {
        try {
            ParsedArguments arguments = parser().parse(args);
            return run(arguments, log);
        } catch (UsageException | IllegalArgumentException e) {
            say(log, "wrong arguments: " + e.getMessage());
            return FAILED;
        } catch (IOException e) {
            say(log, "ended: " + IoReason.of(e));
            return FAILED;
        }
    }

    private static int run(ParsedArguments arguments, PrintStream log) throws UsageException, IOException {
        BarmanConnection connection = BarmanConnection.from(arguments);
        String server = arguments.positional("SERVER_NAME");
        Path directory = Path.of(required(arguments, "--directory"));
        WalSpool spool = new WalSpool(directory, Long.parseUnsignedLong(required(arguments, "--system-id")));
        PrefetchRequests requests = new PrefetchRequests(directory);
        WalSegmentSize size = WalSegmentSize.of(Long.parseLong(required(arguments, "--segment-size")));
        WalSegmentName delivered = WalSegmentName.parse(arguments.positional("WAL_NAME"));
        int jobs = Integer.parseInt(required(arguments, "--parallel"));
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
            List<String> options = new ArrayList<>();
            for (String option : List.of("--gzip", "--bzip2", "--keep-compression")) {
                if (arguments.has(option)) {
                    options.add(option);
                }
            }
            say(log, "process " + OwnProcess.pid() + " begins behind " + delivered.text());
            String end =
                    prefetcher.run((first, results) -> open(connection, server, options, first, spool, results, log));
            say(log, "ended: " + end);
            return 0;
        }
    }

    private static SegmentSource open(
            BarmanConnection connection,
            String server,
            List<String> options,
            WalSegmentName first,
            WalSpool spool,
            SegmentSource.Results results,
            PrintStream log)
            throws IOException {
        // Beside the standbys of this archive, since it is about the server.
        Path note = spool.directory().resolveSibling(NOTE);
        long noted = note.toFile().lastModified();
        if (noted == 0 || System.currentTimeMillis() - noted > NOTE_MAX_AGE_MILLIS) {
            StreamSource.Opened opened = StreamSource.open(connection, server, first, spool, results);
            if (opened.source() != null) {
                Files.deleteIfExists(note);
                return opened.source();
            }
            int code = opened.exitCode();
            if (code != UNKNOWN_OPTION) {
                // Not reached, or it knows the option and says that something is wrong.
                throw new IOException("the remote command ended with exit code " + code);
            }
            say(log, "the server does not stream; one command per file, over one connection");
            Files.write(note, new byte[0]);
        }
        CommandSource source = new CommandSource(connection, server, options, spool, results);
        source.open();
        source.request(first);
        return source;
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

    private static ArgumentParser parser() {
        ArgumentParser parser = new ArgumentParser("prefetch", "Run by barman-wal-restore.");
        BarmanConnection.declareOptions(parser);
        return parser.option("DIRECTORY", "the standby's directory in the spool", "--directory")
                .option("NUMBER", "system identifier of the cluster", "--system-id")
                .option("BYTES", "size of its WAL segments", "--segment-size")
                .option("DIRECTORY", "data directory of the standby", "--standby")
                .option("PID", "process of the server there", "--postmaster")
                .option("JOBS", "how many segments to keep ready", "--parallel")
                .option("MILLISECONDS", "end after so long without use", "--idle")
                .flag("transfer compressed with gzip", "--gzip")
                .flag("transfer compressed with bzip2", "--bzip2")
                .flag("transfer as stored", "--keep-compression")
                .positional("WAL_NAME", "the segment behind which to begin");
    }
}

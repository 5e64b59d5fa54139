// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import dev.barman.args.ArgumentParser;
import dev.barman.args.ParsedArguments;
import dev.barman.args.UsageException;
import dev.barman.file.IoReason;
import dev.barman.file.LockBusyException;
import dev.barman.file.LockFile;
import dev.barman.process.OwnProcess;
import dev.barman.wal.archive.LastArchivedCache;
import dev.barman.wal.archive.StateDirectory;
import dev.barman.wal.prefetch.Postmaster;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The background process of {@code barman-wal-archive --keep-connection}: a {@link StandingSender} for one PostgreSQL server. Started by the
 * command itself, never by a person; what it has to say goes to standard error, which its launcher points to {@code send.log} in the state
 * directory.
 */
public final class SendMain {
    private static final long BEAT_MILLIS = 1_000;
    /** So long the server may not move. A call by itself would wait longer; but it does not share its fate with others. */
    private static final String MAX_WAIT_SECONDS = "60";
    /** Then the connection is cut, which ends the process; it has so long for that. */
    private static final long MAX_END_MILLIS = 10_000;

    private static final long MAX_LOG_BYTES = 1 << 20;

    /** No other codes than 0 and this: in a container PostgreSQL may be our parent, and take any other for a crash of one of its own. */
    private static final int FAILED = 1;

    private static final String LOG = "send.log";

    private SendMain() {}

    /**
     * Sends until there is a reason to end.
     *
     * @param args see {@link SendProcess}
     */
    public static void main(String[] args) {
        System.exit(run(args, System.err));
    }

    static int run(String[] args, PrintStream err) {
        Consumer<String> log = text -> {
            err.println(Instant.now().truncatedTo(ChronoUnit.MILLIS) + " " + text);
            err.flush();
        };
        try {
            return run(parser().parse(args), log);
        } catch (UsageException | IllegalArgumentException e) {
            log.accept("wrong arguments: " + e.getMessage());
        } catch (IOException e) {
            log.accept("ended: " + IoReason.of(e));
        } catch (RuntimeException | Error e) {
            log.accept("ended: " + e);
        }
        return FAILED;
    }

    private static int run(ParsedArguments arguments, Consumer<String> log) throws UsageException, IOException {
        BarmanConnection connection = BarmanConnection.from(arguments);
        String server = arguments.positional("SERVER_NAME");
        Path directory = Path.of(arguments.required("--directory"));
        Postmaster postmaster = new Postmaster(
                Path.of(arguments.required("--data-directory")), Long.parseLong(arguments.required("--postmaster")));
        SendRequests requests = new SendRequests(directory);
        LastArchivedCache cache = new LastArchivedCache(
                new StateDirectory(directory), connection.destination(server), WalArchiveMain.PATIENCE, log);
        NoStreamNote note = NoStreamNote.at(directory.resolve(NoStreamNote.NAME));
        try (LockFile lock = LockFile.tryAcquire(requests.lockFile())) {
            shorten(directory.resolve(LOG));
            SendProgress progress = new SendProgress();
            PutStream.Opened opened = PutStream.open(
                    connection, server, WalArchiveMain.compression(arguments), arguments.has("--md5"), progress);
            PutStream stream = opened.stream();
            if (stream == null) {
                boolean unable = opened.exitCode() == NoStreamNote.UNKNOWN_OPTION;
                note.write(unable ? NoStreamNote.UNABLE : NoStreamNote.FAILED);
                log.accept(
                        unable
                                ? "the server takes no streams; every call makes its own connection"
                                : "ended: the remote command ended with exit code " + opened.exitCode());
                return unable ? 0 : FAILED;
            }
            try (stream) {
                note.remove();
                requests.begin(new SendRequests.Sender(
                        OwnProcess.pid(), postmaster.dataDirectory(), arguments.required("--command-line")));
                try (Watch watch = new Watch(requests, progress, patienceNanos(arguments), stream, postmaster, log)) {
                    watch.start();
                    log.accept("process " + OwnProcess.pid() + " begins");
                    StandingSender sender = new StandingSender(
                            requests,
                            cache,
                            postmaster,
                            WalArchiveMain.parallel(arguments),
                            1000L * connection.keepSeconds(),
                            progress,
                            log);
                    log.accept("ended: " + sender.run(stream));
                } finally {
                    requests.end(OwnProcess.pid());
                }
            }
            return 0;
        } catch (LockBusyException e) {
            log.accept("another process sends already");
            return 0;
        }
    }

    /**
     * Says every second that the process moves: sending one segment over a slow line may take minutes. When it does not move any more, or
     * nobody needs it, its connection is cut under it.
     */
    private static final class Watch extends Thread implements AutoCloseable {
        private final SendRequests requests;
        private final SendProgress progress;
        private final long patienceNanos;
        private final PutStream stream;
        private final Postmaster postmaster;
        private final Consumer<String> log;
        private volatile boolean closed;

        Watch(
                SendRequests requests,
                SendProgress progress,
                long patienceNanos,
                PutStream stream,
                Postmaster postmaster,
                Consumer<String> log) {
            super("watch");
            setDaemon(true);
            this.requests = requests;
            this.progress = progress;
            this.patienceNanos = patienceNanos;
            this.stream = stream;
            this.postmaster = postmaster;
            this.log = log;
        }

        @Override
        public void run() {
            String end = null;
            while (end == null) {
                pause(BEAT_MILLIS);
                if (closed) {
                    return;
                }
                end = reason();
            }
            if (closed) {
                return;
            }
            progress.end(end);
            log.accept("ending: " + end);
            stream.cut();
            pause(MAX_END_MILLIS);
            if (!closed) {
                Runtime.getRuntime().halt(FAILED);
            }
        }

        private @Nullable String reason() {
            try {
                requests.beat(OwnProcess.pid());
            } catch (IOException e) {
                return "this process is not named in " + e.getMessage() + " any more";
            }
            if (progress.waitedNanos() > patienceNanos) {
                return "the server has not moved for " + TimeUnit.NANOSECONDS.toSeconds(patienceNanos) + " seconds";
            }
            return postmaster.isThere() ? null : "the PostgreSQL server has ended";
        }

        private static void pause(long millis) {
            try {
                Thread.sleep(millis);
            } catch (InterruptedException e) {
                // Nobody interrupts the threads of this program; it is ended as a whole.
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private static long patienceNanos(ParsedArguments arguments) {
        String seconds = arguments.value("--patience");
        return TimeUnit.SECONDS.toNanos(Long.parseLong(seconds == null ? MAX_WAIT_SECONDS : seconds));
    }

    /** A log that is appended to would grow for ever. */
    private static void shorten(Path file) throws IOException {
        if (Files.exists(file) && Files.size(file) > MAX_LOG_BYTES) {
            Files.write(file, new byte[0]);
        }
    }

    private static ArgumentParser parser() {
        ArgumentParser parser = new ArgumentParser("send", "Run by barman-wal-archive.");
        BarmanConnection.declareOptions(parser);
        WalArchiveMain.declareTransfer(parser);
        return parser.option("DIRECTORY", "the state directory", "--directory")
                .option("DIRECTORY", "data directory of the PostgreSQL server", "--data-directory")
                .option("PID", "its process, 0 for none", "--postmaster")
                .option("SECONDS", "end when the server does not move for so long", "--patience")
                .option("WORDS", "of the command that this serves", "--command-line");
    }
}

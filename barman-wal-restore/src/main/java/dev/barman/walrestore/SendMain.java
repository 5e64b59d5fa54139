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
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.function.Consumer;

/**
 * The background process of {@code barman-wal-archive --keep-connection}: a {@link StandingSender} for one PostgreSQL server. Started by the
 * command itself, never by a person; what it has to say goes to standard error, which its launcher points to {@code send.log} in the state
 * directory.
 */
public final class SendMain {
    private static final long BEAT_MILLIS = 1_000;
    /** No other codes than 0 and this: in a container PostgreSQL may be our parent, and take any other for a crash of one of its own. */
    private static final int FAILED = 1;

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
        try (LockFile lock = LockFile.tryAcquire(requests.lockFile())) {
            PutStream.Opened opened =
                    PutStream.open(connection, server, WalArchiveMain.compression(arguments), arguments.has("--md5"));
            PutStream stream = opened.stream();
            if (stream == null) {
                if (opened.exitCode() == NoStreamNote.UNKNOWN_OPTION) {
                    log.accept("the server takes no streams; every call makes its own connection");
                    NoStreamNote.at(directory.resolve(NoStreamNote.NAME)).write();
                    return 0;
                }
                log.accept("ended: the remote command ended with exit code " + opened.exitCode());
                return FAILED;
            }
            try (stream) {
                NoStreamNote.at(directory.resolve(NoStreamNote.NAME)).remove();
                requests.begin(new SendRequests.Sender(
                        OwnProcess.pid(), postmaster.dataDirectory(), arguments.required("--command-line")));
                try {
                    beat(requests);
                    log.accept("process " + OwnProcess.pid() + " begins");
                    StandingSender sender = new StandingSender(
                            requests,
                            cache,
                            postmaster,
                            WalArchiveMain.parallel(arguments),
                            1000L * connection.keepSeconds(),
                            log);
                    log.accept("ended: " + sender.run(stream));
                } finally {
                    requests.end();
                }
            }
            return 0;
        } catch (LockBusyException e) {
            log.accept("another process sends already");
            return 0;
        }
    }

    /** From a thread of its own: sending one segment over a slow line may take minutes. */
    private static void beat(SendRequests requests) {
        Thread beat = new Thread(
                () -> {
                    try {
                        while (true) {
                            requests.beat();
                            Thread.sleep(BEAT_MILLIS);
                        }
                    } catch (IOException | InterruptedException e) {
                        // Then the calls do not wait for this process, and send for themselves.
                    }
                },
                "beat");
        beat.setDaemon(true);
        beat.start();
    }

    private static ArgumentParser parser() {
        ArgumentParser parser = new ArgumentParser("send", "Run by barman-wal-archive.");
        BarmanConnection.declareOptions(parser);
        WalArchiveMain.declareTransfer(parser);
        return parser.option("DIRECTORY", "the state directory", "--directory")
                .option("DIRECTORY", "data directory of the PostgreSQL server", "--data-directory")
                .option("PID", "its process, 0 for none", "--postmaster")
                .option("WORDS", "of the command that this serves", "--command-line");
    }
}

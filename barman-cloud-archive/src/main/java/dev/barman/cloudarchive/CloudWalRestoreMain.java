// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.args.ArgumentParser;
import dev.barman.args.ParsedArguments;
import dev.barman.args.ProgramVersion;
import dev.barman.args.UsageException;
import dev.barman.log.BarmanLog;
import dev.barman.log.LogLevel;
import dev.barman.object.ObjectStore;
import dev.barman.object.StorageException;
import dev.barman.process.ProgramEnd;
import dev.barman.storage.cloud.CloudLocation;
import dev.barman.storage.cloud.CloudSettings;
import dev.barman.storage.cloud.WalKeys;
import dev.barman.wal.ControlFile;
import dev.barman.wal.WalFileName;
import dev.barman.wal.prefetch.PrefetchStart;
import dev.barman.wal.prefetch.SpooledRestore;
import dev.barman.wal.restore.Callers;
import dev.barman.wal.restore.OutageWait;
import dev.barman.wal.restore.PrivateExit;
import dev.barman.wal.restore.RestoreException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** {@code barman-cloud-wal-restore}: a {@code restore_command} that fetches one WAL file from a bucket. */
public final class CloudWalRestoreMain {
    static final String PROGRAM = "barman-cloud-wal-restore";

    /** Public codes 2, 3 and 4 of {@link CloudExit}, as the launcher knows them. */
    static final int UNREACHABLE = PrivateExit.TWO;

    static final int USAGE = PrivateExit.THREE;
    static final int OTHER = PrivateExit.FOUR;

    private static final String DEFAULT_SPOOL = "/var/tmp/walrestore";

    private CloudWalRestoreMain() {}

    /**
     * Runs the command and ends the virtual machine with one of the codes of {@link PrivateExit}, which the launcher translates.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
        int code;
        try {
            code = run(args, System.out, System.err);
        } catch (RuntimeException | Error e) {
            code = ProgramEnd.defect(e, PrivateExit.STOP);
        }
        ProgramEnd.exit(code);
    }

    /** Makes the access to a bucket; nothing is sent yet. */
    interface Stores {
        ObjectStore open(CloudLocation location, CloudSettings settings) throws StorageException;
    }

    static int run(String[] args, PrintStream out, PrintStream err) {
        return run(args, out, err, CloudOptions::open, PrefetchStart.ofDistribution());
    }

    static int run(String[] args, PrintStream out, PrintStream err, Stores stores, List<String> prefetchProgram) {
        Callers callers = Callers.now();
        ArgumentParser parser = parser();
        ParsedArguments arguments;
        try {
            arguments = parser.parse(args);
        } catch (UsageException e) {
            return usage(parser, err, e);
        }
        if (arguments.has("--help")) {
            out.print(parser.help());
            return PrivateExit.DELIVERED;
        }
        if (arguments.has("--version")) {
            out.println(ProgramVersion.line(PROGRAM));
            return PrivateExit.DELIVERED;
        }
        CloudLog.Level level = CloudOptions.logLevel(arguments);
        LogLevel.exactName(level.name()).ifPresent(BarmanLog::setLevel);
        CloudLog log = new CloudLog(err, level, Clock.systemUTC());
        int other = arguments.has("--abort-on-outage") ? PrivateExit.STOP : OTHER;
        try {
            Request request = Request.of(arguments);
            if (arguments.has("--test")) {
                return test(request, stores, log);
            }
            restore(arguments, request, stores, prefetchProgram, callers, log);
            return PrivateExit.DELIVERED;
        } catch (UsageException e) {
            return usage(parser, err, e);
        } catch (CloudException e) {
            log.error(String.valueOf(e.getMessage()));
            return e.exitCode() == CloudExit.USAGE ? USAGE : other;
        } catch (RestoreException e) {
            if (e.reason() == RestoreException.Reason.ABSENT) {
                log.info(String.valueOf(e.getMessage()));
                return PrivateExit.ABSENT;
            }
            log.error("Barman cloud WAL restore exception: " + e.getMessage());
            return other;
        }
    }

    private static int usage(ArgumentParser parser, PrintStream err, UsageException e) {
        err.print(parser.usage());
        err.println(PROGRAM + ": error: " + e.getMessage());
        return USAGE;
    }

    /** What the command line asks for. */
    private record Request(
            CloudLocation location,
            WalKeys keys,
            CloudSettings settings,
            String server,
            String name,
            String walDest,
            boolean partial,
            OutageWait outage,
            int jobs) {

        static Request of(ParsedArguments arguments) throws UsageException, CloudException {
            OutageWait outage = OutageWait.parse(arguments.value("--outage-timeout"));
            int jobs = jobs(arguments.value("--parallel"));
            String name = arguments.positional("WAL_NAME");
            if (!WalFileName.isWalFileName(name)) {
                throw new CloudException(CloudExit.USAGE, name + " is an invalid name for a WAL file");
            }
            CloudLocation location =
                    CloudOptions.location(arguments.positional("SOURCE_URL"), CloudOptions.provider(arguments));
            String server = arguments.positional("SERVER_NAME");
            return new Request(
                    location,
                    walKeys(location, server),
                    CloudOptions.settings(arguments),
                    server,
                    name,
                    arguments.positional("WAL_DEST"),
                    !arguments.has("--no-partial"),
                    outage,
                    jobs);
        }

        private static int jobs(@Nullable String text) throws UsageException {
            if (text == null) {
                return 0;
            }
            try {
                return Integer.parseInt(text);
            } catch (NumberFormatException e) {
                throw new UsageException("argument -p/--parallel: invalid int value: '" + text + "'");
            }
        }
    }

    static WalKeys walKeys(CloudLocation location, String server) throws CloudException {
        try {
            return new WalKeys(location, server);
        } catch (IllegalArgumentException e) {
            throw new CloudException(CloudExit.OTHER, "Unusable server name: " + e.getMessage());
        }
    }

    private static int test(Request request, Stores stores, CloudLog log) {
        String bucket = request.location.bucket();
        try (ObjectStore store = stores.open(request.location, request.settings)) {
            if (store.containerExists()) {
                return PrivateExit.DELIVERED;
            }
            log.error("Bucket " + bucket + " does not exist");
            return PrivateExit.ABSENT;
        } catch (StorageException e) {
            boolean unreachable = e.reason() == StorageException.Reason.UNREACHABLE;
            log.error((unreachable ? "Cannot reach the store of bucket " + bucket : "Cannot test bucket " + bucket)
                    + ": " + e.getMessage());
            return unreachable ? UNREACHABLE : OTHER;
        }
    }

    private static void restore(
            ParsedArguments arguments,
            Request request,
            Stores stores,
            List<String> prefetchProgram,
            Callers callers,
            CloudLog log)
            throws RestoreException {
        OptionalLong systemIdentifier = ControlFile.systemIdentifier(Path.of(""));
        CloudWalClient client = new CloudWalClient(
                () -> stores.open(request.location, request.settings),
                request.keys,
                "the archive of server " + request.server + " at " + arguments.positional("SOURCE_URL"),
                request.partial,
                systemIdentifier,
                callers,
                log);
        if (request.jobs <= 1) {
            request.outage.run(() -> client.restore(request.name, request.walDest), callers, log::warning);
            return;
        }
        String spoolDirectory = arguments.value("--spool-dir");
        Path base =
                Path.of(spoolDirectory == null ? DEFAULT_SPOOL : spoolDirectory).toAbsolutePath();
        requireParent(base);
        PrefetchStart prefetch = new PrefetchStart(
                prefetchProgram,
                WalPrefetchMain.options(arguments),
                List.of(arguments.positional("SOURCE_URL"), request.server),
                request.jobs);
        SpooledRestore spooled = new SpooledRestore(
                base,
                CloudSpool.ofArchive(
                        base, request.location, arguments.value("--endpoint-url"), System.getenv(), request.server),
                Path.of("").toAbsolutePath(),
                systemIdentifier,
                prefetch,
                client,
                callers,
                log::warning);
        // What the background process calls absent has no partial segment either.
        request.outage.run(() -> spooled.restore(request.name, request.walDest, false), callers, log::warning);
    }

    /** One level is made where it is missing; more is likely a mistake in the path. */
    private static void requireParent(Path base) throws RestoreException {
        Path parent = base.getParent();
        if (parent != null && !Files.isDirectory(parent)) {
            throw new RestoreException(
                    RestoreException.Reason.NOT_ASKED,
                    "Cannot create the spool directory '" + base + "': there is no directory '" + parent + "'");
        }
    }

    private static ArgumentParser parser() {
        ArgumentParser parser = new ArgumentParser(
                PROGRAM, "For PostgreSQL's restore_command: fetches one WAL file from a bucket, decompressed.");
        CloudOptions.declare(parser);
        return parser.flag("do not make do with NAME.partial where the complete file is missing", "--no-partial")
                .option(
                        "JOBS",
                        "keep JOBS segments ready in the spool directory: a background process fetches them, several"
                                + " at a time, follows the recovery, and ends by itself; 0 (none) unless given. (Not in"
                                + " the original command.)",
                        "-p",
                        "--parallel")
                .option(
                        "SPOOL_DIR",
                        "directory for segments fetched ahead; " + DEFAULT_SPOOL + " unless given. (Not in the original"
                                + " command.)",
                        "--spool-dir")
                .option(
                        "SECONDS",
                        "when the file cannot be fetched although it may be there, go on trying for SECONDS, or"
                                + " 'forever', before ending with 4, which PostgreSQL takes for the end of the archive;"
                                + " 0 unless given: a few attempts within about ten seconds. (Not in the original"
                                + " command.)",
                        "--outage-timeout")
                .flag(
                        "end with 126 in place of 4, so that PostgreSQL stops, and does not end the recovery with what"
                                + " it has got. Not for a standby that is to survive an outage. (Not in the original"
                                + " command.)",
                        "--abort-on-outage")
                .positional("SOURCE_URL", CloudOptions.URL_HELP)
                .positional("SERVER_NAME", "the server: the first part of its keys below the path")
                .positional("WAL_NAME", "the file that is wanted: %f of restore_command")
                .positional("WAL_DEST", "where to put it: %p of restore_command");
    }
}

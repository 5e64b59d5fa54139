// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import dev.barman.args.ArgumentParser;
import dev.barman.args.ParsedArguments;
import dev.barman.args.ProgramVersion;
import dev.barman.args.UsageException;
import dev.barman.process.ProgramEnd;
import dev.barman.wal.ControlFile;
import dev.barman.wal.prefetch.PrefetchStart;
import dev.barman.wal.prefetch.SpooledRestore;
import dev.barman.wal.restore.Callers;
import dev.barman.wal.restore.OutageWait;
import dev.barman.wal.restore.RestoreException;
import dev.barman.wal.spool.SpoolLocation;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * {@code barman-wal-restore}: a {@code restore_command} that fetches one WAL file through {@code barman get-wal}, over ssh or
 * on this machine.
 */
public final class WalRestoreMain {
    static final String PROGRAM = "barman-wal-restore";
    private static final String DEFAULT_SPOOL = "/var/tmp/walrestore";

    private WalRestoreMain() {}

    /**
     * Runs the command and ends the virtual machine with one of the private codes of {@link RestoreExit}, which the launcher
     * translates.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
        int code;
        try {
            code = run(args, System.out, System.err);
        } catch (RuntimeException | Error e) {
            code = ProgramEnd.defect(e, RestoreExit.DEFECT);
        }
        ProgramEnd.exit(code);
    }

    static int run(String[] args, PrintStream out, PrintStream err) {
        Callers callers = Callers.now();
        ArgumentParser parser = parser();
        int sleepSeconds = 0;
        try {
            ParsedArguments arguments = parser.parse(args);
            if (arguments.has("--help")) {
                out.print(parser.help());
                return RestoreExit.DELIVERED;
            }
            if (arguments.has("--version")) {
                out.println(ProgramVersion.line(PROGRAM));
                return RestoreExit.DELIVERED;
            }
            sleepSeconds = number(arguments, "--sleep", "-s/--sleep");
            int jobs = number(arguments, "--parallel", "-p/--parallel");
            OutageWait outage = OutageWait.parse(arguments.value("--outage-timeout"));
            BarmanConnection connection = BarmanConnection.from(arguments);
            String server = arguments.positional("SERVER_NAME");
            OptionalLong systemIdentifier = ControlFile.systemIdentifier(Path.of(""));
            WalRestoreClient client = new WalRestoreClient(
                    connection, server, remoteOptions(arguments, true), systemIdentifier, callers, err);
            warnOfDeprecation(arguments, out);
            if (arguments.has("--test")) {
                client.test();
                return RestoreExit.DELIVERED;
            }
            String name = arguments.positional("WAL_NAME");
            String walDest = arguments.positional("WAL_DEST");
            Consumer<String> warnings = warning -> err.println("WARNING: " + warning);
            if (jobs <= 1) {
                outage.run(() -> client.restore(name, walDest), callers, warnings);
                return RestoreExit.DELIVERED;
            }
            String spoolDirectory = arguments.value("--spool-dir");
            Path base = Path.of(spoolDirectory == null ? DEFAULT_SPOOL : spoolDirectory)
                    .toAbsolutePath();
            requireParent(base);
            PrefetchStart prefetch = PrefetchProcess.of(
                    PrefetchStart.ofDistribution(), connection, server, jobs, remoteOptions(arguments, false));
            SpooledRestore spooled = new SpooledRestore(
                    base,
                    SpoolLocation.ofServer(base, connection.host(), server),
                    Path.of("").toAbsolutePath(),
                    systemIdentifier,
                    prefetch,
                    client,
                    callers,
                    warnings);
            boolean partial = arguments.has("--partial");
            outage.run(() -> spooled.restore(name, walDest, partial), callers, warnings);
            return RestoreExit.DELIVERED;
        } catch (UsageException e) {
            err.print(parser.usage());
            err.println(PROGRAM + ": error: " + e.getMessage());
            return RestoreExit.NOT_ASKED;
        } catch (RestoreException e) {
            err.println("ERROR: " + e.getMessage());
            if (e.isDuringTransfer()) {
                sleep(sleepSeconds, err);
            }
            return RestoreExit.of(e);
        }
    }

    private static ArgumentParser parser() {
        ArgumentParser parser = new ArgumentParser(
                        PROGRAM,
                        "For PostgreSQL's restore_command: fetches one WAL file from the backup host, with"
                                + " 'barman get-wal' there.")
                .immediate("print this text", "-h", "--help")
                .immediate("print the version", "-V", "--version");
        BarmanConnection.declareOptions(parser);
        return parser.option(
                        "SECONDS",
                        "when the file could not be fetched, wait SECONDS before ending; 0 unless given",
                        "-s",
                        "--sleep")
                .option(
                        "JOBS",
                        "keep JOBS segments ready in the spool directory: a background process fetches them"
                                + " over one connection, follows the recovery, and ends by itself; 0 (none) unless given",
                        "-p",
                        "--parallel")
                .option(
                        "SPOOL_DIR",
                        "directory for segments fetched ahead; " + DEFAULT_SPOOL + " unless given",
                        "--spool-dir")
                .option(
                        "SECONDS",
                        "when the backup host cannot be asked, go on trying for SECONDS, or 'forever', before ending"
                                + " with 2, which PostgreSQL takes for the end of the archive; 0 unless given. (Not in"
                                + " the original command.)",
                        "--outage-timeout")
                .flag("make do with NAME.partial where the complete file is missing", "-P", "--partial")
                .flag("transfer the file compressed with gzip (deprecated)", "-z", "--gzip")
                .flag("transfer the file compressed with bzip2 (deprecated)", "-j", "--bzip2")
                .flag(
                        "transfer the file as it is stored, compressed if it is, and decompress it here",
                        "--keep-compression")
                .flag(
                        "only ask whether Barman would deliver for this server; WAL_NAME and WAL_DEST do not matter",
                        "-t",
                        "--test")
                .positional("WAL_NAME", "the file that is wanted: %f of restore_command")
                .positional("WAL_DEST", "where to put it: %p of restore_command")
                .exclusive("--gzip", "--bzip2", "--keep-compression");
    }

    private static List<String> remoteOptions(ParsedArguments arguments, boolean withPartial) {
        List<String> options = new ArrayList<>();
        for (String option : List.of("--gzip", "--bzip2", "--keep-compression", "--partial")) {
            if (arguments.has(option) && (withPartial || !option.equals("--partial"))) {
                options.add(option);
            }
        }
        return options;
    }

    /** One level is made where it is missing, as in the original; more is likely a mistake in the path. */
    private static void requireParent(Path base) throws RestoreException {
        Path parent = base.getParent();
        if (parent != null && !Files.isDirectory(parent)) {
            throw new RestoreException(
                    RestoreException.Reason.NOT_ASKED,
                    "Cannot create the spool directory '" + base + "': there is no directory '" + parent + "'");
        }
    }

    private static void warnOfDeprecation(ParsedArguments arguments, PrintStream out) {
        if (arguments.has("--gzip") || arguments.has("--bzip2")) {
            out.println("WARNING: the options --gzip and --bzip2 are deprecated. Use --keep-compression, or let ssh"
                    + " compress.");
        }
    }

    private static int number(ParsedArguments arguments, String key, String display) throws UsageException {
        String text = arguments.value(key);
        if (text == null) {
            return 0;
        }
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new UsageException("argument " + display + ": invalid int value: '" + text + "'");
        }
    }

    private static void sleep(int seconds, PrintStream err) {
        if (seconds <= 0) {
            return;
        }
        err.println("Sleeping for " + seconds + " seconds.");
        try {
            Thread.sleep(seconds * 1000L);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

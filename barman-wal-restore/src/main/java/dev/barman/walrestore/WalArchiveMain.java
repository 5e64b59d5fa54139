// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import dev.barman.args.ArgumentParser;
import dev.barman.args.ParsedArguments;
import dev.barman.args.ProgramVersion;
import dev.barman.args.UsageException;
import dev.barman.file.IoReason;
import dev.barman.process.ProgramEnd;
import dev.barman.wal.WalFileName;
import dev.barman.wal.archive.LastArchivedCache;
import dev.barman.wal.archive.StateDirectory;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionLevel;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.prefetch.Postmaster;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * {@code barman-wal-archive}: an {@code archive_command} that hands one WAL file to {@code barman put-wal}, over ssh or on
 * this machine.
 */
public final class WalArchiveMain {
    static final String PROGRAM = "barman-wal-archive";

    private static final String[] COMPRESSIONS = {"--gzip", "--bzip2", "--xz", "--snappy", "--zstd", "--lz4"};

    /** Set by the launcher when it would have asked a background process. Where it cannot, one would serve nobody. */
    private static final String KEEPS = "BARMAN_KEEPS";

    /** How long the connection of {@code --parallel} stays for the next call. The launcher knows this, too. */
    private static final int PARALLEL_KEEP_SECONDS = 60;

    /** More would only make a single call longer. */
    private static final int MAX_PARALLEL = 128;

    static final Duration PATIENCE = Duration.ofSeconds(5);

    private WalArchiveMain() {}

    /**
     * Runs the command and ends the virtual machine with its exit code, which is never above 125.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
        int code;
        try {
            code = run(args, System.out, System.err);
        } catch (RuntimeException | Error e) {
            code = ProgramEnd.defect(e, ArchiveExit.LOCAL_FAILURE);
        }
        ProgramEnd.exit(code);
    }

    static int run(String[] args, PrintStream out, PrintStream err) {
        ArgumentParser parser = parser();
        try {
            ParsedArguments arguments = parser.parse(args);
            if (arguments.has("--help")) {
                out.print(parser.help());
                return ArchiveExit.ARCHIVED;
            }
            if (arguments.has("--version")) {
                out.println(ProgramVersion.line(PROGRAM));
                return ArchiveExit.ARCHIVED;
            }
            int parallel = parallel(arguments);
            // Unless it is asked for, nothing stays behind that no later call would find.
            boolean found = System.getenv(KEEPS) != null;
            BarmanConnection connection = BarmanConnection.from(
                    arguments, parallel > 1 && found && !arguments.has("--test") ? PARALLEL_KEEP_SECONDS : 0);
            String server = arguments.positional("SERVER_NAME");
            Consumer<String> warnings = warnings(err);
            WalArchiveClient client =
                    new WalArchiveClient(connection, server, arguments.has("--md5"), compression(arguments), warnings);
            if (arguments.has("--test")) {
                client.test();
                return ArchiveExit.ARCHIVED;
            }
            String wal = arguments.positional("WAL_PATH");
            boolean keeps = connection.keepSeconds() > 0;
            StateDirectory state = parallel <= 1 && !keeps
                    ? null
                    : state(arguments.value("--state-directory"), server, connection.destination(server), warnings);
            if (state == null) {
                client.archive(wal);
                return ArchiveExit.ARCHIVED;
            }
            client.archive(
                    wal, new LastArchivedCache(state, connection.destination(server), PATIENCE, warnings), parallel);
            if (found && keeps) {
                SendProcess sender = new SendProcess(
                        SendProcess.ofDistribution(),
                        connection,
                        server,
                        transferOptions(arguments),
                        SendProcess.commandLine(args));
                keep(sender, wal, state, warnings);
            }
            return ArchiveExit.ARCHIVED;
        } catch (UsageException e) {
            err.print(parser.usage());
            err.println(PROGRAM + ": error: " + e.getMessage());
            return ArchiveExit.LOCAL_FAILURE;
        } catch (ClientException e) {
            err.println("ERROR: " + e.getMessage());
            return e.exitCode();
        }
    }

    private static Consumer<String> warnings(PrintStream err) {
        // No lambda: the first one in a virtual machine takes its time.
        return new Consumer<String>() {
            @Override
            public void accept(String warning) {
                err.println("WARNING: " + warning);
            }
        };
    }

    /** How many segments may be sent in one go, 1 or more. */
    static int parallel(ParsedArguments arguments) throws UsageException {
        return Math.max(1, Math.min(arguments.number("--parallel", 1), MAX_PARALLEL));
    }

    private static @Nullable StateDirectory state(
            @Nullable String directory, String server, String destination, Consumer<String> warnings) {
        StateDirectory state = directory == null
                ? StateDirectory.standard(System.getenv("XDG_STATE_HOME"), System.getenv("HOME"), server, destination)
                : new StateDirectory(Path.of(directory));
        if (state == null) {
            warnings.accept(
                    "Neither HOME nor --state-directory tells where to keep a record of archived segments: this call sends"
                            + " only the requested file, and the next one makes its own connection.");
        }
        return state;
    }

    /** Has a process send what the next calls ask for, where those can use it: as PostgreSQL makes them, for segments. */
    private static void keep(SendProcess sender, String wal, StateDirectory state, Consumer<String> warnings) {
        String name = wal.startsWith("pg_wal/") ? wal.substring("pg_wal/".length()) : "";
        if (!WalFileName.isSegment(name) || !Files.exists(Path.of("global/pg_control"))) {
            return;
        }
        try {
            sender.ensure(state.path().toRealPath(), Postmaster.of(Path.of("").toRealPath()), warnings);
        } catch (IOException e) {
            warnings.accept("No connection is kept for the next call: " + IoReason.of(e));
        }
    }

    /** The options of the transfer, for another program of ours. */
    private static List<String> transferOptions(ParsedArguments arguments) throws UsageException {
        List<String> options = new ArrayList<>();
        options.add("--parallel=" + parallel(arguments));
        if (arguments.has("--md5")) {
            options.add("--md5");
        }
        String compression = arguments.lastOf(COMPRESSIONS);
        if (compression != null) {
            options.add(compression);
        }
        String level = arguments.value("--compression-level");
        if (level != null) {
            options.add("--compression-level=" + level);
        }
        return options;
    }

    private static ArgumentParser parser() {
        ArgumentParser parser = new ArgumentParser(
                        PROGRAM,
                        "For PostgreSQL's archive_command: sends one WAL file to the backup host, to 'barman put-wal'"
                                + " there, and ends with 0 once it is safe.")
                .immediate("print this text", "-h", "--help")
                .immediate("print the version", "-V", "--version");
        BarmanConnection.declareOptions(parser);
        declareTransfer(parser);
        return parser.flag(
                        "only ask whether Barman would take WAL of this server; WAL_PATH does not matter",
                        "-t",
                        "--test")
                .option(
                        "DIR",
                        "where --parallel and --keep-connection keep their record of what has been sent; by default a"
                                + " directory of this server and destination under"
                                + " ${XDG_STATE_HOME:-$HOME/.local/state}/barman",
                        "--state-directory")
                .positional("WAL_PATH", "the file to send: %p of archive_command");
    }

    /** The options of the transfer. */
    static void declareTransfer(ArgumentParser parser) {
        parser.flag("use MD5 instead of SHA-256 to protect the transfer", "--md5")
                .flag("compress the file with gzip on its way; of several compressions the last wins", "-z", "--gzip")
                .flag("compress the file with bzip2 on its way", "-j", "--bzip2")
                .flag("compress the file with xz on its way", "--xz")
                .flag("compress the file with snappy on its way", "--snappy")
                .flag("compress the file with zstd on its way", "--zstd")
                .flag("compress the file with lz4 on its way", "--lz4")
                .option(
                        "LEVEL",
                        "how hard to compress: low, medium (unless given), high, or a number",
                        "--compression-level")
                .option(
                        "N",
                        "send up to N segments in one go: the requested one and those behind it that are ready; the later"
                                + " calls for these end at once, and the connection stays for them (--keep-connection 0:"
                                + " it does not). 0 or 1, as unless given: only the requested one. (Not in the original"
                                + " command.)",
                        "--parallel");
    }

    /** How files are compressed on their way; null for not at all. */
    static @Nullable CompressionSettings compression(ParsedArguments arguments) throws UsageException {
        String option = arguments.lastOf(COMPRESSIONS);
        String level = arguments.value("--compression-level");
        CompressionLevel parsed = CompressionLevel.MEDIUM;
        if (level != null) {
            try {
                parsed = CompressionLevel.parse(level);
            } catch (IllegalArgumentException e) {
                throw new UsageException("argument --compression-level: " + e.getMessage());
            }
        }
        return option == null ? null : CompressionSettings.of(algorithm(option), parsed);
    }

    private static CompressionAlgorithm algorithm(String option) {
        return switch (option) {
            case "--gzip" -> CompressionAlgorithm.GZIP;
            case "--bzip2" -> CompressionAlgorithm.BZIP2;
            case "--xz" -> CompressionAlgorithm.XZ;
            case "--snappy" -> CompressionAlgorithm.SNAPPY;
            case "--zstd" -> CompressionAlgorithm.ZSTD;
            case "--lz4" -> CompressionAlgorithm.LZ4;
            default -> throw new IllegalArgumentException(option);
        };
    }
}

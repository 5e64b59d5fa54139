// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import dev.barman.args.ArgumentParser;
import dev.barman.args.ParsedArguments;
import dev.barman.args.ProgramVersion;
import dev.barman.args.UsageException;
import dev.barman.process.ProgramEnd;
import dev.barman.wal.archive.LastArchivedCache;
import dev.barman.wal.archive.StateDirectory;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionLevel;
import dev.barman.wal.compress.CompressionSettings;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * {@code barman-wal-archive}: an {@code archive_command} that hands one WAL file to {@code barman put-wal}, over ssh or on
 * this machine.
 */
public final class WalArchiveMain {
    static final String PROGRAM = "barman-wal-archive";

    /** More would only make a single call longer. */
    private static final int MAX_PARALLEL = 128;

    private static final Duration PATIENCE = Duration.ofSeconds(5);

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
            int parallel = Math.min(arguments.number("--parallel", 1), MAX_PARALLEL);
            BarmanConnection connection = BarmanConnection.from(arguments);
            String server = arguments.positional("SERVER_NAME");
            Consumer<String> warnings = warnings(err);
            WalArchiveClient client =
                    new WalArchiveClient(connection, server, arguments.has("--md5"), compression(arguments), warnings);
            if (arguments.has("--test")) {
                client.test();
                return ArchiveExit.ARCHIVED;
            }
            String wal = arguments.positional("WAL_PATH");
            LastArchivedCache cache = parallel <= 1
                    ? null
                    : cache(arguments.value("--state-directory"), server, connection.destination(server), warnings);
            if (cache == null) {
                client.archive(wal);
            } else {
                client.archive(wal, cache, parallel);
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

    private static @Nullable LastArchivedCache cache(
            @Nullable String directory, String server, String destination, Consumer<String> warnings) {
        StateDirectory state = directory == null
                ? StateDirectory.standard(System.getenv("XDG_STATE_HOME"), System.getenv("HOME"), server, destination)
                : new StateDirectory(Path.of(directory));
        if (state == null) {
            warnings.accept(
                    "Neither HOME nor --state-directory tells where to keep a record of archived segments: only the"
                            + " requested file is sent.");
            return null;
        }
        return new LastArchivedCache(state, destination, PATIENCE, warnings);
    }

    private static ArgumentParser parser() {
        ArgumentParser parser = new ArgumentParser(
                        PROGRAM,
                        "For PostgreSQL's archive_command: sends one WAL file to the backup host, to 'barman put-wal'"
                                + " there, and ends with 0 once it is safe.")
                .immediate("print this text", "-h", "--help")
                .immediate("print the version", "-V", "--version");
        BarmanConnection.declareOptions(parser);
        return parser.flag(
                        "only ask whether Barman would take WAL of this server; WAL_PATH does not matter",
                        "-t",
                        "--test")
                .flag("use MD5 instead of SHA-256 to protect the transfer", "--md5")
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
                                + " calls for these end at once. 0 or 1, as unless given: only the requested one. (Not"
                                + " in the original command.)",
                        "--parallel")
                .option(
                        "DIR",
                        "where --parallel keeps its record of what has been sent; by default a directory of this server and"
                                + " destination under ${XDG_STATE_HOME:-$HOME/.local/state}/barman",
                        "--state-directory")
                .positional("WAL_PATH", "the file to send: %p of archive_command");
    }

    private static @Nullable CompressionSettings compression(ParsedArguments arguments) throws UsageException {
        String option = arguments.lastOf("--gzip", "--bzip2", "--xz", "--snappy", "--zstd", "--lz4");
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

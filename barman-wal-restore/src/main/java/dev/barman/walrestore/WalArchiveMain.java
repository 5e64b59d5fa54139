// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import dev.barman.args.ArgumentParser;
import dev.barman.args.ParsedArguments;
import dev.barman.args.ProgramVersion;
import dev.barman.args.UsageException;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionLevel;
import dev.barman.wal.compress.CompressionSettings;
import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/**
 * {@code barman-wal-archive}: an {@code archive_command} that hands one WAL file to {@code barman put-wal}, over ssh or on
 * this machine.
 */
public final class WalArchiveMain {
    static final String PROGRAM = "barman-wal-archive";

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
            e.printStackTrace();
            code = ArchiveExit.LOCAL_FAILURE;
        }
        System.out.flush();
        // No orderly shutdown of threads that are ours is needed, but hooks must run: exit, not halt.
        System.exit(code);
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
            WalArchiveClient client = new WalArchiveClient(
                    BarmanConnection.from(arguments),
                    arguments.positional("SERVER_NAME"),
                    arguments.has("--md5"),
                    compression(arguments));
            if (arguments.has("--test")) {
                client.test();
            } else {
                client.archive(arguments.positional("WAL_PATH"));
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

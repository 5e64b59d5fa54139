// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.args.ArgumentParser;
import dev.barman.args.ParsedArguments;
import dev.barman.args.ProgramVersion;
import dev.barman.args.UsageException;
import dev.barman.object.ObjectStore;
import dev.barman.object.StorageException;
import dev.barman.process.ProgramEnd;
import dev.barman.storage.cloud.CloudLocation;
import dev.barman.storage.cloud.CloudProvider;
import dev.barman.storage.cloud.CloudSettings;
import dev.barman.storage.cloud.WalKeys;
import dev.barman.storage.cloud.azure.AzureSettings;
import dev.barman.wal.WalFileName;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionLevel;
import dev.barman.wal.compress.CompressionSettings;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code barman-cloud-wal-archive}: an {@code archive_command} that stores one WAL file in a bucket. */
public final class CloudWalArchiveMain {
    static final String PROGRAM = "barman-cloud-wal-archive";

    private static final String[] COMPRESSIONS = {"--gzip", "--bzip2", "--xz", "--snappy", "--zstd", "--lz4"};

    private CloudWalArchiveMain() {}

    /**
     * Runs the command and ends the virtual machine with its exit code, which is never above 125.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
        int code;
        try {
            code = run(args, System.getenv(), System.out, System.err);
        } catch (RuntimeException | Error e) {
            code = ProgramEnd.defect(e, CloudExit.OTHER);
        }
        ProgramEnd.exit(code);
    }

    static int run(String[] args, Map<String, String> environment, PrintStream out, PrintStream err) {
        ArgumentParser parser = parser();
        ParsedArguments arguments;
        Request request;
        try {
            arguments = parser.parse(args);
            if (arguments.has("--help")) {
                out.print(parser.help());
                return CloudExit.OK;
            }
            if (arguments.has("--version")) {
                out.println(ProgramVersion.line(PROGRAM));
                return CloudExit.OK;
            }
        } catch (UsageException e) {
            return usage(parser, err, e);
        }
        CloudLog log = new CloudLog(err, CloudOptions.logLevel(arguments), Clock.systemUTC());
        try {
            request = Request.of(arguments, environment);
            return request.test ? test(request, log) : archive(request, log);
        } catch (UsageException e) {
            return usage(parser, err, e);
        } catch (CloudException e) {
            log.error(String.valueOf(e.getMessage()));
            return e.exitCode();
        } catch (NoSuchFileException e) {
            log.error("Barman cloud WAL archiver exception: no such file: " + e.getFile());
            return CloudExit.OTHER;
        } catch (IOException e) {
            log.error("Barman cloud WAL archiver exception: " + e.getMessage());
            return CloudExit.OTHER;
        }
    }

    private static int usage(ArgumentParser parser, PrintStream err, UsageException e) {
        err.print(parser.usage());
        err.println(PROGRAM + ": error: " + e.getMessage());
        return CloudExit.USAGE;
    }

    /** What the command line and the environment ask for. */
    private record Request(
            boolean test,
            boolean overwrite,
            CloudLocation location,
            WalKeys keys,
            CloudSettings settings,
            Path file,
            WalFileName name,
            @Nullable CompressionSettings compression,
            Map<String, String> tags) {

        static Request of(ParsedArguments arguments, Map<String, String> environment)
                throws UsageException, CloudException {
            CompressionSettings compression = compressionOf(arguments);
            Map<String, String> tags = TagOption.parse(arguments, "--tag", "--tags");
            Map<String, String> historyTags = TagOption.parse(arguments, "--history-tag", "--history-tags");
            CloudProvider provider = CloudOptions.provider(arguments);
            Path file = Path.of(walPath(arguments, environment));
            Path namePath = file.getFileName();
            String text = namePath == null ? "" : namePath.toString();
            if (!WalFileName.isWalFileName(text)) {
                throw new CloudException(CloudExit.USAGE, file + " is an invalid name for a WAL file");
            }
            CloudLocation location = CloudOptions.location(arguments.positional("DESTINATION_URL"), provider);
            CloudSettings settings = CloudOptions.settings(arguments, AzureSettings.DEFAULT);
            WalKeys keys;
            try {
                keys = new WalKeys(location, arguments.positional("SERVER_NAME"));
            } catch (IllegalArgumentException e) {
                throw new CloudException(CloudExit.OTHER, "Unusable server name: " + e.getMessage());
            }
            return new Request(
                    arguments.has("--test"),
                    arguments.has("--overwrite"),
                    location,
                    keys,
                    settings,
                    file,
                    WalFileName.parse(text),
                    compression,
                    WalFileName.isHistory(text) && !historyTags.isEmpty() ? historyTags : tags);
        }

        /** As a hook script of Barman the file comes from the environment. */
        private static String walPath(ParsedArguments arguments, Map<String, String> environment)
                throws CloudException {
            String hook = environment.get("BARMAN_HOOK");
            String phase = environment.get("BARMAN_PHASE");
            if (hook != null && phase != null) {
                String file = environment.get("BARMAN_FILE");
                if (!phase.equals("pre")
                        || !(hook.equals("archive_script") || hook.equals("archive_retry_script"))
                        || file == null) {
                    throw new CloudException(
                            CloudExit.FAILED,
                            PROGRAM + " works as pre_archive_script or pre_archive_retry_script only, not as " + phase
                                    + "_" + hook);
                }
                return file;
            }
            String path = arguments.optionalPositional("WAL_PATH");
            if (path == null) {
                throw new CloudException(CloudExit.FAILED, "The argument WAL_PATH is missing");
            }
            return path;
        }
    }

    private static int test(Request request, CloudLog log) throws CloudException, StorageException {
        try (ObjectStore store = CloudOptions.open(request.location, request.settings)) {
            if (store.containerExists()) {
                return CloudExit.OK;
            }
            log.error("Bucket " + request.location.bucket() + " does not exist");
            return CloudExit.FAILED;
        } catch (StorageException e) {
            if (e.reason() == StorageException.Reason.UNREACHABLE) {
                throw new CloudException(CloudExit.UNREACHABLE, String.valueOf(e.getMessage()));
            }
            throw e;
        }
    }

    private static int archive(Request request, CloudLog log) throws IOException {
        // Before anything of the SDK loads.
        if (!Files.isRegularFile(request.file)) {
            throw new NoSuchFileException(request.file.toString());
        }
        try (ObjectStore store = CloudOptions.open(request.location, request.settings)) {
            WalUploader uploader = new WalUploader(store, request.keys, request.compression, request.tags);
            WalUploader.Outcome outcome = request.overwrite
                    ? uploader.overwrite(request.name, request.file)
                    : uploader.store(request.name, request.file);
            return report(outcome, request, log);
        }
    }

    private static int report(WalUploader.Outcome outcome, Request request, CloudLog log) {
        if (outcome instanceof WalUploader.Outcome.Stored stored) {
            log.info("Stored " + request.file + " as " + request.location.url(stored.key()));
            return CloudExit.OK;
        }
        if (outcome instanceof WalUploader.Outcome.Identical identical) {
            log.info(request.location.url(identical.key()) + " has the content of " + request.file + " already");
            return CloudExit.OK;
        }
        if (outcome instanceof WalUploader.Outcome.Different different) {
            log.error("Cannot archive " + request.file + ": " + request.location.url(different.key())
                    + " exists with a different content, and stays. Look for another cluster that archives under this"
                    + " server name");
            return CloudExit.FAILED;
        }
        if (outcome instanceof WalUploader.Outcome.Unfit unfit) {
            log.error("Cannot archive " + request.file + ": " + unfit.why());
        }
        return CloudExit.FAILED;
    }

    private static @Nullable CompressionSettings compressionOf(ParsedArguments arguments) throws UsageException {
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
        if (option == null) {
            return null;
        }
        CompressionAlgorithm algorithm = CompressionAlgorithm.fromId(option.substring(2))
                .orElseThrow(() -> new IllegalStateException("no algorithm " + option));
        return CompressionSettings.of(algorithm, parsed);
    }

    private static ArgumentParser parser() {
        ArgumentParser parser = new ArgumentParser(
                PROGRAM,
                "Stores one WAL file in a bucket, as PostgreSQL's archive_command or as a pre-archive hook script of"
                        + " Barman. Options for other providers than the one in use have no effect.");
        CloudOptions.declare(parser);
        return parser.flag("compress the WAL with gzip", "-z", "--gzip")
                .flag("compress the WAL with bzip2", "-j", "--bzip2")
                .flag("compress the WAL with xz", "--xz")
                .flag("compress the WAL with snappy", "--snappy")
                .flag("compress the WAL with zstd", "--zstd")
                .flag("compress the WAL with lz4", "--lz4")
                .exclusive(COMPRESSIONS)
                .option(
                        "LEVEL",
                        "how hard to compress: low, medium (unless given), high, or a number",
                        "--compression-level")
                .option("KEY,VALUE", "a tag of the object; may be repeated", "--tag")
                .greedyOption("KEY,VALUE", "tags of the object (deprecated, use --tag)", "--tags")
                .exclusive("--tag", "--tags")
                .option("KEY,VALUE", "a tag of history files, in place of the other tags", "--history-tag")
                .greedyOption("KEY,VALUE", "tags of history files (deprecated, use --history-tag)", "--history-tags")
                .exclusive("--history-tag", "--history-tags")
                .option("ENCRYPTION", "server-side encryption: AES256 or aws:kms", "-e", "--encryption")
                .option("KEY", "the key for aws:kms", "--sse-kms-key-id")
                .option("SCOPE", "encryption scope of the object (Azure)", "--encryption-scope")
                .option("SIZE", "size of the blocks of large objects (Azure), 4MB unless given", "--max-block-size")
                .option("NUMBER", "how many blocks are sent at a time (Azure), 1 unless given", "--max-concurrency")
                .option(
                        "SIZE",
                        "the largest object that is sent with one request (Azure), 64MB unless given",
                        "--max-single-put-size")
                .option("KEY", "name of the Cloud KMS key for the object (Google)", "--kms-key-name")
                .flag(
                        "replace an object of the same name whatever its content, as the original does. (Not in the"
                                + " original command; without it an object with other content is never replaced.)",
                        "--overwrite")
                .positional("DESTINATION_URL", CloudOptions.URL_HELP)
                .positional("SERVER_NAME", "the server: the first part of its keys below the path")
                .optionalPositional("WAL_PATH", "the file to store: %p of archive_command");
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.args.ArgumentParser;
import dev.barman.args.ParsedArguments;
import dev.barman.args.ProgramVersion;
import dev.barman.args.UsageException;
import dev.barman.object.ObjectStore;
import dev.barman.object.StorageException;
import dev.barman.process.ProgramEnd;
import dev.barman.storage.cloud.archive.CloudArchiveResult;
import dev.barman.storage.cloud.archive.CloudWalArchiver;
import dev.barman.storage.cloud.archive.NotRecordedException;
import dev.barman.storage.cloud.archive.WalUploader;
import dev.barman.wal.archive.StateDirectory;
import dev.barman.wal.storage.StoreOutcome;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** {@code barman-cloud-wal-archive}: an {@code archive_command} that stores one WAL file in a bucket. */
public final class CloudWalArchiveMain {
    static final String PROGRAM = "barman-cloud-wal-archive";

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
        WalArchiveRequest request;
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
            request = WalArchiveRequest.of(arguments, environment);
            return request.test() ? test(request, log) : archive(request, log);
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

    private static int test(WalArchiveRequest request, CloudLog log) throws CloudException, StorageException {
        try (ObjectStore store = CloudOptions.open(request.location(), request.settings())) {
            if (store.containerExists()) {
                return CloudExit.OK;
            }
            log.error("Bucket " + request.location().bucket() + " does not exist");
            return CloudExit.FAILED;
        } catch (StorageException e) {
            if (e.reason() == StorageException.Reason.UNREACHABLE) {
                throw new CloudException(CloudExit.UNREACHABLE, String.valueOf(e.getMessage()));
            }
            throw e;
        }
    }

    private static int archive(WalArchiveRequest request, CloudLog log) throws IOException, CloudException {
        // Before anything of the SDK loads.
        if (!Files.isRegularFile(request.file())) {
            throw new NoSuchFileException(request.file().toString());
        }
        if (request.overwrite()) {
            try (ObjectStore store = CloudOptions.open(request.location(), request.settings());
                    WalUploader uploader = new WalUploader(
                            store, request.keys(), request.compression(), request.tags(), request.historyTags())) {
                StoreOutcome.Stored stored = uploader.overwrite(request.name(), request.file());
                log.info("Stored " + request.file() + " as " + stored.location());
                return CloudExit.OK;
            }
        }
        try (CloudWalArchiver archiver = archiver(request, log)) {
            return report(archiver.archive(request.file(), request.parallel()), request, log);
        } catch (NotRecordedException e) {
            throw new CloudException(CloudExit.FAILED, String.valueOf(e.getMessage()));
        }
    }

    private static CloudWalArchiver archiver(WalArchiveRequest request, CloudLog log) {
        Consumer<String> warnings = new Consumer<>() {
            @Override
            public void accept(String warning) {
                log.warning(warning);
            }
        };
        CloudWalArchiver.StoreOpener stores = new CloudWalArchiver.StoreOpener() {
            @Override
            public ObjectStore open() throws StorageException {
                return CloudOptions.open(request.location(), request.settings());
            }
        };
        CloudWalArchiver.Builder builder = CloudWalArchiver.builder(stores, request.keys())
                .compression(request.compression())
                .tags(request.tags(), request.historyTags())
                .warnings(warnings);
        if (request.parallel() > 1) {
            StateDirectory state = request.state();
            if (state == null) {
                log.warning(
                        "Neither HOME nor --state-directory tells where to keep a record of archived segments: only the"
                                + " requested file is archived.");
            } else {
                builder.state(state, request.server(), request.destination());
            }
        }
        return builder.build();
    }

    private static int report(CloudArchiveResult result, WalArchiveRequest request, CloudLog log) {
        if (result instanceof CloudArchiveResult.Archived archived) {
            log.info("Stored " + request.file() + " as " + archived.outcome().location());
        } else if (result instanceof CloudArchiveResult.AlreadyArchived archived) {
            log.info(archived.outcome().location() + " has the content of " + request.file() + " already");
        } else if (result instanceof CloudArchiveResult.Recorded) {
            log.info(request.file() + " was archived by an earlier call");
        } else if (result instanceof CloudArchiveResult.Conflict conflict) {
            String message = "Cannot archive " + request.file() + ": "
                    + conflict.outcome().location() + " exists with a different content, and stays. Look for another"
                    + " cluster that archives under this server name" + kept(conflict.keptAs());
            if (result.success()) {
                log.warning(message);
            } else {
                log.error(message);
            }
        } else if (result instanceof CloudArchiveResult.Unfit unfit) {
            log.error("Cannot archive " + request.file() + ": " + unfit.why() + kept(unfit.keptAs()));
        }
        return result.success() ? CloudExit.OK : CloudExit.FAILED;
    }

    private static String kept(@Nullable Path copy) {
        return copy == null ? "" : ". A copy of the file is " + copy;
    }

    static ArgumentParser parser() {
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
                .exclusive(WalArchiveRequest.COMPRESSIONS)
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
                .option(
                        "N",
                        "archive up to N segments in one go: the requested one and those behind it that are ready, several at a"
                                + " time; the later calls for these end at once. 0 or 1, as unless given: only the"
                                + " requested one. (Not in the original command.)",
                        "--parallel")
                .option(
                        "DIR",
                        "where --parallel keeps its record and the index of what has been archived, and copies of files that must"
                                + " not be; by default a directory of this server and destination under"
                                + " ${XDG_STATE_HOME:-$HOME/.local/state}/barman",
                        "--state-directory")
                .flag(
                        "replace an object of the same name whatever its content, as the original does. (Not in the"
                                + " original command; without it an object with other content is never replaced.)",
                        "--overwrite")
                .positional("DESTINATION_URL", CloudOptions.URL_HELP)
                .positional("SERVER_NAME", "the server: the first part of its keys below the path")
                .optionalPositional("WAL_PATH", "the file to store: %p of archive_command");
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.args.ArgumentParser;
import dev.barman.args.ParsedArguments;
import dev.barman.args.UsageException;
import dev.barman.core.catalog.BackupName;
import dev.barman.core.postgres.ConnInfo;
import dev.barman.storage.cloud.CloudProvider;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionLevel;
import dev.barman.wal.compress.CompressionSettings;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the command line of {@code barman-cloud-backup} asks for. Immutable.
 *
 * @param upload how the archives are sent
 * @param name the backup's friendly name, null for none
 * @param immediateCheckpoint whether the checkpoint at the begin is to be fast
 * @param connInfo the server
 * @param archiveSizeCapped whether a larger archive was asked for than is possible
 */
record CloudBackupOptions(
        UploadOptions upload,
        @Nullable String name,
        boolean immediateCheckpoint,
        ConnInfo connInfo,
        boolean archiveSizeCapped) {
    private static final String[] COMPRESSIONS = {"--gzip", "--bzip2", "--snappy"};
    private static final String APPLICATION = "barman_cloud_backup";
    private static final int DEFAULT_JOBS = 2;
    private static final int MAX_TAGS = 10;
    /** What the library of the original takes: blocks of 900 kB. */
    private static final int BZIP2_LEVEL = 9;

    static void declare(ArgumentParser parser) {
        parser.flag("compress the archives with gzip", "-z", "--gzip")
                .flag("compress the archives with bzip2", "-j", "--bzip2")
                .flag("compress the archives with snappy", "--snappy")
                .exclusive(COMPRESSIONS)
                .option("HOST", "host or socket directory of PostgreSQL (default: as libpq)", "-h", "--host")
                .option("PORT", "port of PostgreSQL (default: as libpq)", "-p", "--port")
                .option("USER", "user of PostgreSQL (default: as libpq)", "-U", "--user")
                .option(
                        "DBNAME",
                        "database, postgres unless given; or, with an = in it, a whole connection string that goes before the"
                                + " options above",
                        "-d",
                        "--dbname")
                .option("NAME", "a friendly name of the backup", "-n", "--name")
                .option(
                        "JOBS",
                        "how many parts are sent at the same time (default: 2; always 1 with Google)",
                        "-J",
                        "--jobs")
                .option(
                        "SIZE",
                        "an archive that is larger gets no further file, another one begins (default: 100GB)",
                        "-S",
                        "--max-archive-size")
                .option("SIZE", "the smallest part of an upload (default: the provider's minimum)", "--min-chunk-size")
                .option("SIZE", "limit of all uploads together, bytes in a second", "--max-bandwidth")
                .flag("make the checkpoint at the begin as quickly as possible", "--immediate-checkpoint")
                .option("KEY,VALUE", "a tag of all objects; may be repeated", "--tag")
                .greedyOption("KEY,VALUE", "tags of all objects (deprecated, use --tag)", "--tags")
                .exclusive("--tag", "--tags")
                .option("ENCRYPTION", "server-side encryption: AES256 or aws:kms", "-e", "--encryption")
                .option("KEY", "the key for aws:kms", "--sse-kms-key-id")
                .option("SCOPE", "encryption scope of the objects (Azure)", "--encryption-scope")
                .option("KEY", "name of the Cloud KMS key for the objects (Google)", "--kms-key-name");
        SnapshotOptions.declare(parser);
    }

    /**
     * Checks everything.
     *
     * @param hook whether an existing backup is sent, which has its name already
     */
    static CloudBackupOptions of(ParsedArguments arguments, boolean hook) throws UsageException, CloudException {
        CompressionSettings compression = compression(arguments);
        String name = name(arguments);
        CloudProvider provider = CloudOptions.provider(arguments);
        // Google takes the parts of an object one after the other: more of them would wait in memory only.
        int jobs = provider == CloudProvider.GOOGLE_CLOUD_STORAGE ? Math.min(1, jobs(arguments)) : jobs(arguments);
        UploadOptions.PartLimits limits = UploadOptions.PartLimits.of(provider);
        Long archive = SizeText.option(arguments, "--max-archive-size", "-S/--max-archive-size");
        Long chunk = SizeText.option(arguments, "--min-chunk-size", "--min-chunk-size");
        Long bandwidth = SizeText.option(arguments, "--max-bandwidth", "--max-bandwidth");
        Map<String, String> tags = tags(arguments);
        SnapshotOptions.check(arguments, compression != null);
        if (hook && name != null) {
            throw new CloudException(
                    CloudExit.OTHER, "A hook script sends a backup that exists: it cannot have a --name");
        }
        long requested = archive == null ? UploadOptions.DEFAULT_ARCHIVE_BYTES : archive;
        return new CloudBackupOptions(
                new UploadOptions(
                        compression,
                        jobs,
                        archive == null ? 0 : Math.min(archive, UploadOptions.MAX_ARCHIVE_BYTES),
                        UploadOptions.partBytes(limits, requested, chunk),
                        limits.maxParts(),
                        bandwidth == null ? 0 : bandwidth,
                        tags),
                name,
                arguments.has("--immediate-checkpoint"),
                connInfo(arguments),
                requested > UploadOptions.MAX_ARCHIVE_BYTES);
    }

    private static @Nullable CompressionSettings compression(ParsedArguments arguments) {
        String option = arguments.lastOf(COMPRESSIONS);
        if (option == null) {
            return null;
        }
        return switch (option) {
            case "--gzip" -> CompressionSettings.of(CompressionAlgorithm.GZIP);
            case "--bzip2" -> CompressionSettings.of(CompressionAlgorithm.BZIP2, CompressionLevel.of(BZIP2_LEVEL));
            default -> CompressionSettings.of(CompressionAlgorithm.SNAPPY);
        };
    }

    private static @Nullable String name(ParsedArguments arguments) throws UsageException {
        String name = arguments.value("--name");
        try {
            return name == null ? null : BackupName.check(name);
        } catch (IllegalArgumentException e) {
            throw new UsageException("argument -n/--name: " + e.getMessage());
        }
    }

    private static int jobs(ParsedArguments arguments) throws UsageException {
        String text = arguments.value("--jobs");
        try {
            int jobs = text == null ? DEFAULT_JOBS : Integer.parseInt(text.strip());
            if (jobs >= 1) {
                return jobs;
            }
        } catch (NumberFormatException e) {
            throw invalidJobs(text);
        }
        throw invalidJobs(text);
    }

    private static UsageException invalidJobs(@Nullable String text) {
        return new UsageException("argument -J/--jobs: '" + text + "' is not a valid positive integer");
    }

    private static Map<String, String> tags(ParsedArguments arguments) throws UsageException, CloudException {
        Map<String, String> tags = TagOption.parse(arguments, "--tag", "--tags");
        int given =
                arguments.values("--tag").size() + arguments.values("--tags").size();
        if (given > tags.size()) {
            throw new CloudException(CloudExit.OTHER, "A tag is given twice: the keys of tags must be different");
        }
        if (given > MAX_TAGS) {
            throw new CloudException(
                    CloudExit.OTHER, given + " tags are given: an object can have " + MAX_TAGS + " at most");
        }
        return tags;
    }

    private static ConnInfo connInfo(ParsedArguments arguments) throws CloudException {
        String database = arguments.value("--dbname");
        try {
            ConnInfo connInfo;
            if (database != null && isConnectionString(database)) {
                connInfo = ConnInfo.parse(database);
            } else {
                connInfo = ConnInfo.parse("").with("dbname", database == null ? "postgres" : database);
                for (String keyword : new String[] {"host", "port", "user"}) {
                    String value = arguments.value("--" + keyword);
                    connInfo = value == null ? connInfo : connInfo.with(keyword, value);
                }
            }
            return connInfo.value("application_name").isPresent()
                    ? connInfo
                    : connInfo.with("application_name", APPLICATION);
        } catch (IllegalArgumentException e) {
            throw new CloudException(CloudExit.FAILED, "Cannot connect to postgres: " + e.getMessage());
        }
    }

    private static boolean isConnectionString(String database) {
        return database.isEmpty()
                || database.indexOf('=') >= 0
                || database.startsWith("postgresql://")
                || database.startsWith("postgres://");
    }
}

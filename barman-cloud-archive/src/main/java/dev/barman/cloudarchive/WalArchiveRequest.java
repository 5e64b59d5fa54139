// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.args.ParsedArguments;
import dev.barman.args.UsageException;
import dev.barman.storage.cloud.CloudLocation;
import dev.barman.storage.cloud.CloudProvider;
import dev.barman.storage.cloud.CloudSettings;
import dev.barman.storage.cloud.WalKeys;
import dev.barman.storage.cloud.azure.AzureSettings;
import dev.barman.wal.WalFileName;
import dev.barman.wal.archive.StateDirectory;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionLevel;
import dev.barman.wal.compress.CompressionSettings;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the command line of {@code barman-cloud-wal-archive} and the environment ask for. Immutable.
 *
 * @param test only whether the bucket can be reached
 * @param overwrite whatever is stored under the file's key
 * @param location the bucket
 * @param server name of the server
 * @param keys where its WAL is
 * @param settings how the bucket is reached
 * @param endpoint address of the store as it was given, with the profile and the configuration file that may lead elsewhere; null for
 *     the provider's own
 * @param file the WAL file
 * @param name what it is
 * @param compression how to compress it, null for not at all
 * @param tags tags of the object
 * @param historyTags those of a history file in their place
 * @param parallel how many segments to archive at most
 * @param state where to keep what is known, null when that was not said
 */
record WalArchiveRequest(
        boolean test,
        boolean overwrite,
        CloudLocation location,
        String server,
        WalKeys keys,
        CloudSettings settings,
        @Nullable String endpoint,
        Path file,
        WalFileName name,
        @Nullable CompressionSettings compression,
        Map<String, String> tags,
        Map<String, String> historyTags,
        int parallel,
        @Nullable StateDirectory state) {
    static final String[] COMPRESSIONS = {"--gzip", "--bzip2", "--xz", "--snappy", "--zstd", "--lz4"};

    /** More would only make a single call longer. */
    private static final int MAX_PARALLEL = 128;

    static WalArchiveRequest of(ParsedArguments arguments, Map<String, String> environment)
            throws UsageException, CloudException {
        CompressionSettings compression = compressionOf(arguments);
        Map<String, String> tags = TagOption.parse(arguments, "--tag", "--tags");
        Map<String, String> historyTags = TagOption.parse(arguments, "--history-tag", "--history-tags");
        int parallel = Math.min(arguments.number("--parallel", 1), MAX_PARALLEL);
        CloudProvider provider = CloudOptions.provider(arguments);
        Path file = Path.of(walPath(arguments, environment));
        Path namePath = file.getFileName();
        String text = namePath == null ? "" : namePath.toString();
        if (!WalFileName.isWalFileName(text)) {
            throw new CloudException(CloudExit.USAGE, file + " is an invalid name for a WAL file");
        }
        CloudLocation location = CloudOptions.location(arguments.positional("DESTINATION_URL"), provider);
        String server = arguments.positional("SERVER_NAME");
        CloudSettings settings = CloudOptions.settings(arguments, AzureSettings.DEFAULT);
        WalKeys keys;
        try {
            keys = new WalKeys(location, server);
        } catch (IllegalArgumentException e) {
            throw new CloudException(CloudExit.OTHER, "Unusable server name: " + e.getMessage());
        }
        String endpoint = place(
                provider,
                StoreAddress.of(provider, arguments.value("--endpoint-url"), environment),
                arguments.value("--aws-profile"),
                environment);
        String directory = arguments.value("--state-directory");
        StateDirectory state = directory == null
                ? StateDirectory.standard(
                        environment.get("XDG_STATE_HOME"),
                        environment.get("HOME"),
                        server,
                        destination(location, endpoint, server))
                : new StateDirectory(Path.of(directory));
        return new WalArchiveRequest(
                arguments.has("--test"),
                arguments.has("--overwrite"),
                location,
                server,
                keys,
                settings,
                endpoint,
                file,
                WalFileName.parse(text),
                compression,
                tags,
                historyTags,
                parallel,
                state);
    }

    /** Everything that tells one archive from another. The launcher computes the same. */
    String destination() {
        return destination(location, endpoint, server);
    }

    /** A profile of S3 may have an endpoint of its own, or buckets of another tenant, and each file has its own profiles. */
    private static @Nullable String place(
            CloudProvider provider,
            @Nullable String endpoint,
            @Nullable String option,
            Map<String, String> environment) {
        String profile = option != null ? option : environment.getOrDefault("AWS_PROFILE", "");
        String file = environment.getOrDefault("AWS_CONFIG_FILE", "");
        if (provider != CloudProvider.AWS_S3 || (profile.isEmpty() && file.isEmpty())) {
            return endpoint;
        }
        return (endpoint == null ? "-" : endpoint)
                + (profile.isEmpty() ? "" : " ;profile=" + profile)
                + (file.isEmpty() ? "" : " ;config=" + file);
    }

    private static String destination(CloudLocation location, @Nullable String endpoint, String server) {
        String container =
                location.endpoint() == null ? location.bucket() : location.endpoint() + "/" + location.bucket();
        return "cloud " + location.provider().id() + " " + (endpoint == null ? "-" : endpoint) + " ;" + container + "/"
                + location.path() + " ;server=" + server;
    }

    /** As a hook script of Barman the file comes from the environment. */
    private static String walPath(ParsedArguments arguments, Map<String, String> environment) throws CloudException {
        String hook = environment.get("BARMAN_HOOK");
        String phase = environment.get("BARMAN_PHASE");
        if (hook != null && phase != null) {
            String file = environment.get("BARMAN_FILE");
            if (!phase.equals("pre")
                    || !(hook.equals("archive_script") || hook.equals("archive_retry_script"))
                    || file == null) {
                throw new CloudException(
                        CloudExit.FAILED,
                        CloudWalArchiveMain.PROGRAM
                                + " works as pre_archive_script or pre_archive_retry_script only, not as " + phase + "_"
                                + hook);
            }
            return file;
        }
        String path = arguments.optionalPositional("WAL_PATH");
        if (path == null) {
            throw new CloudException(CloudExit.FAILED, "The argument WAL_PATH is missing");
        }
        return path;
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
}

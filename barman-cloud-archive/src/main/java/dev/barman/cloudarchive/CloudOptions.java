// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.args.ArgumentParser;
import dev.barman.args.ParsedArguments;
import dev.barman.args.UsageException;
import dev.barman.object.ObjectStore;
import dev.barman.object.RetryPolicy;
import dev.barman.object.RetryingObjectStore;
import dev.barman.object.StorageException;
import dev.barman.storage.cloud.CloudLocation;
import dev.barman.storage.cloud.CloudProvider;
import dev.barman.storage.cloud.CloudSettings;
import dev.barman.storage.cloud.CloudStores;
import dev.barman.storage.cloud.azure.AzureSettings;
import dev.barman.storage.cloud.gcs.GcsSettings;
import dev.barman.storage.cloud.s3.S3Settings;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The options that all cloud commands have. */
final class CloudOptions {
    /** What URLs of buckets look like, for help texts. */
    static final String URL_HELP = "URL of the bucket or container and the path in it: s3://BUCKET/PATH,"
            + " https://ACCOUNT.blob.core.windows.net/CONTAINER/PATH or gs://BUCKET/PATH";

    private CloudOptions() {}

    static void declare(ArgumentParser parser) {
        parser.immediate("print this text", "--help")
                .immediate("print the version", "-V", "--version")
                .flag("more messages; may be repeated", "-v", "--verbose")
                .flag("fewer messages; may be repeated", "-q", "--quiet")
                .flag("test the connection to the bucket and exit", "-t", "--test")
                .option(
                        "PROVIDER",
                        "aws-s3, as unless given, azure-blob-storage or google-cloud-storage",
                        "--cloud-provider")
                .option("URL", "address of a store that speaks S3, when it is not Amazon's", "--endpoint-url")
                .option("PROFILE", "profile of the AWS configuration files", "--profile", "-P", "--aws-profile")
                .option("SECONDS", "how long to wait for the next bytes of an answer (aws-s3)", "--read-timeout")
                .option(
                        "CREDENTIAL",
                        "whose identity to use with Azure: azure-cli, managed-identity or default; unless given, what"
                                + " AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_SAS_TOKEN or AZURE_STORAGE_KEY says, and"
                                + " default without any of them",
                        "--credential",
                        "--default",
                        "--azure-credential")
                .exclusive("--verbose", "--quiet");
    }

    static CloudLog.Level logLevel(ParsedArguments arguments) {
        return CloudLog.level(arguments.count("--verbose"), arguments.count("--quiet"));
    }

    static CloudProvider provider(ParsedArguments arguments) throws UsageException {
        String id = arguments.value("--cloud-provider");
        if (id == null) {
            return CloudProvider.AWS_S3;
        }
        CloudProvider provider = CloudProvider.fromId(id).orElse(null);
        if (provider == null) {
            throw new UsageException("argument --cloud-provider: invalid choice: '" + id
                    + "' (choose from 'aws-s3', 'azure-blob-storage', 'google-cloud-storage')");
        }
        return provider;
    }

    static CloudLocation location(String url, CloudProvider provider) throws CloudException {
        try {
            return CloudLocation.parse(url, provider);
        } catch (IllegalArgumentException e) {
            throw new CloudException(CloudExit.OTHER, String.valueOf(e.getMessage()));
        }
    }

    /** The settings of the provider, of a command that stores no WAL. */
    static CloudSettings settings(ParsedArguments arguments) throws UsageException, CloudException {
        return settings(arguments, AzureSettings.OTHER_COMMANDS);
    }

    /**
     * The settings of the provider, with whatever options the command has. Those for other providers are checked, and have no effect.
     *
     * @param azureDefaults what counts for Azure where the command has no options or they are not given
     */
    static CloudSettings settings(ParsedArguments arguments, AzureSettings azureDefaults)
            throws UsageException, CloudException {
        Duration readTimeout = readTimeout(arguments);
        String encryption = encryption(arguments);
        AzureOptions azure = AzureOptions.of(arguments);
        try {
            return switch (provider(arguments)) {
                case AWS_S3 -> CloudSettings.of(s3(arguments, readTimeout, encryption));
                case AZURE_BLOB_STORAGE -> CloudSettings.of(azure.settings(azureDefaults));
                case GOOGLE_CLOUD_STORAGE ->
                    CloudSettings.of(new GcsSettings(null, optional(arguments, "--kms-key-name"), null));
            };
        } catch (IllegalArgumentException e) {
            throw new CloudException(CloudExit.OTHER, String.valueOf(e.getMessage()));
        }
    }

    private static S3Settings s3(
            ParsedArguments arguments, @Nullable Duration readTimeout, @Nullable String encryption) {
        String endpoint = arguments.value("--endpoint-url");
        return new S3Settings(
                endpoint == null ? null : URI.create(endpoint),
                arguments.value("--aws-profile"),
                readTimeout,
                encryption,
                optional(arguments, "--sse-kms-key-id"));
    }

    /** What the command line says of Azure; null where it says nothing. */
    private record AzureOptions(
            AzureSettings.@Nullable Credential credential,
            @Nullable String scope,
            @Nullable Long singlePutBytes,
            @Nullable Long blockBytes,
            @Nullable Integer concurrency) {
        static AzureOptions of(ParsedArguments arguments) throws UsageException {
            String credential = arguments.value("--azure-credential");
            AzureSettings.Credential identity = null;
            if (credential != null) {
                identity = AzureSettings.Credential.fromId(credential).orElse(null);
                if (identity == null) {
                    throw new UsageException("argument --azure-credential/--credential: invalid choice: '" + credential
                            + "' (choose from 'azure-cli', 'managed-identity', 'default')");
                }
            }
            return new AzureOptions(
                    identity,
                    optional(arguments, "--encryption-scope"),
                    sizeOf(arguments, "--max-single-put-size"),
                    sizeOf(arguments, "--max-block-size"),
                    concurrencyOf(arguments));
        }

        AzureSettings settings(AzureSettings defaults) {
            return new AzureSettings(
                    credential,
                    scope,
                    singlePutBytes == null ? defaults.maxSinglePutBytes() : singlePutBytes,
                    blockBytes == null ? defaults.maxBlockBytes() : (int) Math.min(blockBytes, Integer.MAX_VALUE),
                    concurrency == null ? defaults.parallelBlocks() : concurrency,
                    null);
        }
    }

    /** The value of an option that not all commands have. */
    private static @Nullable String optional(ParsedArguments arguments, String key) {
        return arguments.knows(key) ? arguments.value(key) : null;
    }

    private static @Nullable Long sizeOf(ParsedArguments arguments, String key) throws UsageException {
        return arguments.knows(key) ? SizeText.option(arguments, key, key) : null;
    }

    private static @Nullable Integer concurrencyOf(ParsedArguments arguments) throws UsageException {
        String text = optional(arguments, "--max-concurrency");
        if (text == null) {
            return null;
        }
        try {
            int number = Integer.parseInt(text);
            if (number >= 1) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw new UsageException("argument --max-concurrency: invalid int value: '" + text + "'");
        }
        throw new UsageException("argument --max-concurrency: '" + text + "' is not a positive integer");
    }

    private static @Nullable Duration readTimeout(ParsedArguments arguments) throws UsageException {
        String timeout = arguments.value("--read-timeout");
        if (timeout == null) {
            return null;
        }
        try {
            return Duration.ofSeconds(Integer.parseInt(timeout));
        } catch (NumberFormatException e) {
            throw new UsageException("argument --read-timeout: invalid int value: '" + timeout + "'");
        }
    }

    private static @Nullable String encryption(ParsedArguments arguments) throws UsageException {
        String encryption = optional(arguments, "--encryption");
        if (encryption != null && !encryption.equals("AES256") && !encryption.equals("aws:kms")) {
            throw new UsageException(
                    "argument -e/--encryption: invalid choice: '" + encryption + "' (choose from 'AES256', 'aws:kms')");
        }
        return encryption;
    }

    static ObjectStore open(CloudLocation location, CloudSettings settings) throws StorageException {
        return new RetryingObjectStore(CloudStores.open(location, settings), RetryPolicy.DEFAULT);
    }
}

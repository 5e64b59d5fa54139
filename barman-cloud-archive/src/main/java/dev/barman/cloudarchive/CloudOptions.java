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
import dev.barman.storage.cloud.s3.S3ObjectStore;
import dev.barman.storage.cloud.s3.S3Settings;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The options that all cloud commands have. */
final class CloudOptions {
    private CloudOptions() {}

    static void declare(ArgumentParser parser) {
        parser.immediate("print this text", "--help")
                .immediate("print the version", "-V", "--version")
                .flag("more messages; may be repeated", "-v", "--verbose")
                .flag("fewer messages; may be repeated", "-q", "--quiet")
                .flag("test the connection to the bucket and exit", "-t", "--test")
                .option(
                        "PROVIDER",
                        "aws-s3, azure-blob-storage or google-cloud-storage. This version has only aws-s3, the"
                                + " default.",
                        "--cloud-provider")
                .option("URL", "address of a store that speaks S3, when it is not Amazon's", "--endpoint-url")
                .option("PROFILE", "profile of the AWS configuration files", "--profile", "-P", "--aws-profile")
                .option("SECONDS", "how long to wait for the next bytes of an answer", "--read-timeout")
                .option("CREDENTIAL", "", "--credential", "--default", "--azure-credential")
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
        if (provider != CloudProvider.AWS_S3) {
            throw new UsageException("argument --cloud-provider: this version has no " + id + " yet, only aws-s3");
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

    /** The settings without encryption, which only some commands have. */
    static S3Settings s3(ParsedArguments arguments) throws UsageException, CloudException {
        String timeout = arguments.value("--read-timeout");
        String endpoint = arguments.value("--endpoint-url");
        String encryption = encryption(arguments);
        Duration readTimeout = null;
        if (timeout != null) {
            try {
                readTimeout = Duration.ofSeconds(Integer.parseInt(timeout));
            } catch (NumberFormatException e) {
                throw new UsageException("argument --read-timeout: invalid int value: '" + timeout + "'");
            }
        }
        try {
            return new S3Settings(
                    endpoint == null ? null : URI.create(endpoint),
                    arguments.value("--aws-profile"),
                    readTimeout,
                    encryption,
                    arguments.value("--sse-kms-key-id"));
        } catch (IllegalArgumentException e) {
            throw new CloudException(CloudExit.OTHER, String.valueOf(e.getMessage()));
        }
    }

    private static @Nullable String encryption(ParsedArguments arguments) throws UsageException {
        String encryption = arguments.value("--encryption");
        if (encryption != null && !encryption.equals("AES256") && !encryption.equals("aws:kms")) {
            throw new UsageException(
                    "argument -e/--encryption: invalid choice: '" + encryption + "' (choose from 'AES256', 'aws:kms')");
        }
        return encryption;
    }

    static ObjectStore open(CloudLocation location, S3Settings settings) throws StorageException {
        return new RetryingObjectStore(S3ObjectStore.open(location.bucket(), settings), RetryPolicy.DEFAULT);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.storage.cloud.CloudLocation;
import dev.barman.storage.cloud.s3.S3Settings;
import dev.barman.wal.spool.SpoolLocation;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where segments from a bucket lie that were fetched ahead. */
final class CloudSpool {
    private static final String[] ENDPOINT_VARIABLES = {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"};

    private CloudSpool() {}

    /**
     * The directory of a server's archive: provider or store, bucket and path, as {@code lib/cloud-restore-words.sh} says it too.
     *
     * @param base the directory given by the user
     * @param location bucket and path
     * @param settings how the bucket is reached
     * @param environment that of the process
     * @param server name of the server
     */
    static Path ofArchive(
            Path base, CloudLocation location, S3Settings settings, Map<String, String> environment, String server) {
        String store = endpoint(location, settings, environment);
        // The same bucket of another store is another one.
        String place = store == null
                ? location.provider().id()
                : strip(store.replace("://", "/").replace(':', '/'));
        String path = location.path().isEmpty() ? "" : "/" + location.path();
        return SpoolLocation.ofPlace(base, place + "/" + location.bucket() + path, server);
    }

    private static @Nullable String endpoint(
            CloudLocation location, S3Settings settings, Map<String, String> environment) {
        if (location.endpoint() != null) {
            return location.endpoint();
        }
        URI given = settings.endpoint();
        if (given != null) {
            return given.toString();
        }
        for (String variable : ENDPOINT_VARIABLES) {
            String value = environment.get(variable);
            if (value != null && !value.isEmpty()) {
                return value;
            }
        }
        return null;
    }

    private static String strip(String text) {
        int end = text.length();
        while (end > 0 && text.charAt(end - 1) == '/') {
            end--;
        }
        return text.substring(0, end);
    }
}

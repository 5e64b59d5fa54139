// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.storage.cloud.CloudLocation;
import dev.barman.wal.spool.SpoolLocation;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where segments from a bucket lie that were fetched ahead. */
final class CloudSpool {
    private CloudSpool() {}

    /**
     * The directory of a server's archive: provider or store, bucket and path, as {@code lib/cloud-restore-words.sh} says it too.
     *
     * @param base the directory given by the user
     * @param location bucket and path
     * @param endpoint the value of {@code --endpoint-url}
     * @param environment that of the process
     * @param server name of the server
     */
    static Path ofArchive(
            Path base,
            CloudLocation location,
            @Nullable String endpoint,
            Map<String, String> environment,
            String server) {
        String store = location.endpoint() != null
                ? location.endpoint()
                : StoreAddress.of(location.provider(), endpoint, environment);
        // The same bucket of another store is another one.
        String place = store == null
                ? location.provider().id()
                : strip(store.replace("://", "/").replace(':', '/'));
        String path = location.path().isEmpty() ? "" : "/" + location.path();
        return SpoolLocation.ofPlace(base, place + "/" + location.bucket() + path, server);
    }

    private static String strip(String text) {
        int end = text.length();
        while (end > 0 && text.charAt(end - 1) == '/') {
            end--;
        }
        return text.substring(0, end);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.storage.cloud.CloudProvider;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The address of a store beside the URL of the bucket: the same bucket of another store is another one. The launchers know those of S3 too. */
final class StoreAddress {
    private StoreAddress() {}

    /**
     * What leads to another store than the provider's own.
     *
     * @param provider whose store it is
     * @param option the value of {@code --endpoint-url}
     * @param environment that of the process
     * @return null for the provider's own store, and for Azure, whose URLs say it
     */
    static @Nullable String of(CloudProvider provider, @Nullable String option, Map<String, String> environment) {
        return switch (provider) {
            case AWS_S3 ->
                option != null ? option : first(environment, List.of("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"));
            case AZURE_BLOB_STORAGE -> null;
            case GOOGLE_CLOUD_STORAGE -> first(environment, List.of("STORAGE_EMULATOR_HOST"));
        };
    }

    private static @Nullable String first(Map<String, String> environment, List<String> variables) {
        for (String variable : variables) {
            String value = environment.get(variable);
            if (value != null && !value.isEmpty()) {
                return value;
            }
        }
        return null;
    }
}

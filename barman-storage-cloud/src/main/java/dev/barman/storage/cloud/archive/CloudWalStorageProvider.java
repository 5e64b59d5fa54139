// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import dev.barman.object.RetryPolicy;
import dev.barman.object.RetryingObjectStore;
import dev.barman.storage.cloud.CloudLocation;
import dev.barman.storage.cloud.CloudProvider;
import dev.barman.storage.cloud.CloudSettings;
import dev.barman.storage.cloud.CloudStores;
import dev.barman.storage.cloud.WalKeys;
import dev.barman.wal.storage.WalStorage;
import dev.barman.wal.storage.WalStorageProvider;
import org.jspecify.annotations.Nullable;

/**
 * Opens the WAL archives of servers in buckets: {@code s3://BUCKET/PATH}, {@code gs://BUCKET/PATH} and the URLs of Azure's containers. How
 * to reach them, and as whom, is read from the environment and the files that the tools of the clouds use.
 */
public final class CloudWalStorageProvider implements WalStorageProvider {
    private static final CloudSettings OF_ENVIRONMENT = new CloudSettings(null, null, null);

    /** For the service loader. */
    public CloudWalStorageProvider() {}

    @Override
    public boolean accepts(String url) {
        return providerOf(url) != null;
    }

    private static @Nullable CloudProvider providerOf(String url) {
        if (url.startsWith("s3://")) {
            return CloudProvider.AWS_S3;
        }
        if (url.startsWith("gs://") || url.startsWith("https://console.cloud.google.com/")) {
            return CloudProvider.GOOGLE_CLOUD_STORAGE;
        }
        return url.startsWith("https://") || url.startsWith("http://") ? CloudProvider.AZURE_BLOB_STORAGE : null;
    }

    @Override
    public WalStorage open(Description archive) {
        CloudProvider provider = providerOf(archive.url());
        if (provider == null) {
            throw new IllegalArgumentException("Not the URL of a bucket or container: " + archive.url());
        }
        CloudLocation location = CloudLocation.parse(archive.url(), provider);
        return new CloudWalStorage(
                () -> new RetryingObjectStore(CloudStores.open(location, OF_ENVIRONMENT), RetryPolicy.DEFAULT),
                new WalKeys(location, archive.server()),
                archive.index(),
                archive.compression());
    }
}

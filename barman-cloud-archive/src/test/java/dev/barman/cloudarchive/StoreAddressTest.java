// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.storage.cloud.CloudLocation;
import dev.barman.storage.cloud.CloudProvider;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The same names in different stores are different archives, whose spools and records are not mixed up. */
class StoreAddressTest {
    private static final Map<String, String> ALL = Map.of(
            "AWS_ENDPOINT_URL_S3", "http://s3:1",
            "AWS_ENDPOINT_URL", "http://s3:2",
            "STORAGE_EMULATOR_HOST", "http://google:3");
    private static final Path BASE = Path.of("/spool");

    private static String spool(CloudProvider provider, String url, Map<String, String> environment) {
        Path archive = CloudSpool.ofArchive(BASE, CloudLocation.parse(url, provider), null, environment, "main");
        return BASE.relativize(archive).toString();
    }

    @Test
    void onlyTheVariablesOfTheProviderCount() {
        assertThat(StoreAddress.of(CloudProvider.AWS_S3, "http://option", ALL)).isEqualTo("http://option");
        assertThat(StoreAddress.of(CloudProvider.AWS_S3, null, ALL)).isEqualTo("http://s3:1");
        assertThat(StoreAddress.of(CloudProvider.AWS_S3, null, Map.of("AWS_ENDPOINT_URL", "http://s3:2")))
                .isEqualTo("http://s3:2");
        assertThat(StoreAddress.of(CloudProvider.AWS_S3, null, Map.of())).isNull();
        assertThat(StoreAddress.of(CloudProvider.AZURE_BLOB_STORAGE, "http://option", ALL))
                .isNull();
        assertThat(StoreAddress.of(CloudProvider.GOOGLE_CLOUD_STORAGE, "http://option", ALL))
                .isEqualTo("http://google:3");
        assertThat(StoreAddress.of(CloudProvider.GOOGLE_CLOUD_STORAGE, null, Map.of("STORAGE_EMULATOR_HOST", "")))
                .isNull();
    }

    @Test
    void spoolsAreNamedForTheStore() {
        assertThat(spool(CloudProvider.GOOGLE_CLOUD_STORAGE, "gs://b/p", Map.of()))
                .isEqualTo("google-cloud-storage=b=p/main");
        assertThat(spool(CloudProvider.GOOGLE_CLOUD_STORAGE, "gs://b/p", ALL)).isEqualTo("http=google=3=b=p/main");
        assertThat(spool(CloudProvider.AZURE_BLOB_STORAGE, "https://a.blob.core.windows.net/b/p", ALL))
                .isEqualTo("https=a.blob.core.windows.net=b=p/main");
        assertThat(spool(CloudProvider.AZURE_BLOB_STORAGE, "http://h:4/a/b/p", ALL))
                .isEqualTo("http=h=4=a=b=p/main");
        assertThat(spool(CloudProvider.AWS_S3, "s3://b/p", ALL)).isEqualTo("http=s3=1=b=p/main");
    }
}

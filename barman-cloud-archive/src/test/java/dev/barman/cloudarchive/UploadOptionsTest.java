// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.cloudarchive.UploadOptions.PartLimits;
import dev.barman.storage.cloud.CloudProvider;
import java.util.Map;
import org.junit.jupiter.api.Test;

class UploadOptionsTest {
    private static final int MINIMUM = 5 << 20;
    private static final PartLimits S3 = PartLimits.of(CloudProvider.AWS_S3);

    @Test
    void partsAreAsLargeAsInTheOriginal() {
        assertThat(UploadOptions.partBytes(S3, UploadOptions.DEFAULT_ARCHIVE_BYTES, null))
                .isEqualTo(21474836);
        assertThat(UploadOptions.partBytes(S3, 1L << 40, null)).isEqualTo(219902324);
        assertThat(UploadOptions.partBytes(S3, 20L << 20, null)).isEqualTo(MINIMUM);
        assertThat(UploadOptions.partBytes(S3, 20L << 20, 1L)).isEqualTo(MINIMUM);
        assertThat(UploadOptions.partBytes(S3, 20L << 20, 64L << 20)).isEqualTo(64 << 20);
    }

    @Test
    void partsFitIntoMemoryHoweverLargeTheArchiveIsToBe() {
        assertThat(UploadOptions.partBytes(S3, 1L << 50, null)).isEqualTo(1 << 29);
        assertThat(new UploadOptions(null, 3, 1, MINIMUM, 10_000, 0, Map.of()).bufferBytes())
                .isEqualTo(4L * MINIMUM);
    }

    @Test
    void theLargestArchiveHasFewerPartsThanTheStoreAllows() {
        long part = UploadOptions.partBytes(S3, 1L << 50, null);

        assertThat(UploadOptions.MAX_ARCHIVE_BYTES / part).isLessThan(10_000);
    }

    @Test
    void eachProviderHasItsOwnLimits() {
        PartLimits azure = PartLimits.of(CloudProvider.AZURE_BLOB_STORAGE);
        assertThat(azure.maxParts()).isEqualTo(50_000);
        assertThat(UploadOptions.partBytes(azure, UploadOptions.DEFAULT_ARCHIVE_BYTES, null))
                .isEqualTo(4294966);
        assertThat(UploadOptions.partBytes(azure, 20L << 20, null)).isEqualTo(64 << 10);
        PartLimits google = PartLimits.of(CloudProvider.GOOGLE_CLOUD_STORAGE);
        assertThat(UploadOptions.partBytes(google, UploadOptions.MAX_ARCHIVE_BYTES, null))
                .isEqualTo(16 << 20);
        assertThat(UploadOptions.partBytes(google, 20L << 20, 64L << 20)).isEqualTo(64 << 20);
    }
}

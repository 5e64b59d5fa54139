// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class UploadOptionsTest {
    private static final int MINIMUM = 5 << 20;

    @Test
    void partsAreAsLargeAsInTheOriginal() {
        assertThat(UploadOptions.partBytes(UploadOptions.DEFAULT_ARCHIVE_BYTES, null))
                .isEqualTo(21474836);
        assertThat(UploadOptions.partBytes(1L << 40, null)).isEqualTo(219902324);
        assertThat(UploadOptions.partBytes(20L << 20, null)).isEqualTo(MINIMUM);
        assertThat(UploadOptions.partBytes(20L << 20, 1L)).isEqualTo(MINIMUM);
        assertThat(UploadOptions.partBytes(20L << 20, 64L << 20)).isEqualTo(64 << 20);
    }

    @Test
    void partsFitIntoMemoryHoweverLargeTheArchiveIsToBe() {
        assertThat(UploadOptions.partBytes(1L << 50, null)).isEqualTo(1 << 29);
        assertThat(new UploadOptions(null, 3, 1, MINIMUM, 0, Map.of()).bufferBytes())
                .isEqualTo(4L * MINIMUM);
    }

    @Test
    void theLargestArchiveHasFewerPartsThanTheStoreAllows() {
        long part = UploadOptions.partBytes(1L << 50, null);

        assertThat(UploadOptions.MAX_ARCHIVE_BYTES / part).isLessThan(10_000);
    }
}

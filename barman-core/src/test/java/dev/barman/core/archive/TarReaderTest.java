// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TarReaderTest {

    @ParameterizedTest
    @ValueSource(strings = {"12 size=big\n", "11 size=-1\n", "11 mtime=x\n", "19 mtime=9999999e99\n", "7 size\n"})
    void extendedHeaderThatCannotBeReadIsAFormatError(String records) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
            byte[] content = records.getBytes(StandardCharsets.US_ASCII);
            TarArchiveEntry extension = new TarArchiveEntry("pax", TarConstants.LF_PAX_EXTENDED_HEADER_LC);
            extension.setSize(content.length);
            tar.putArchiveEntry(extension);
            tar.write(content);
            tar.closeArchiveEntry();
            tar.putArchiveEntry(new TarArchiveEntry("000000010000000000000001"));
            tar.closeArchiveEntry();
        }
        TarReader reader = new TarReader(new ByteArrayInputStream(bytes.toByteArray()));

        assertThatExceptionOfType(TarReader.TarFormatException.class)
                .isThrownBy(reader::next)
                .withMessage("invalid header");
    }
}

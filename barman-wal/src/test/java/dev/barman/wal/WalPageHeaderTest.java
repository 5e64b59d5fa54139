// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WalPageHeaderTest {
    private static byte[] capturedPage() throws IOException {
        try (InputStream in = WalPageHeaderTest.class.getResourceAsStream("pg15-000000010000000000000001.page")) {
            return Objects.requireNonNull(in).readAllBytes();
        }
    }

    @Test
    void theFirstPageOfARealSegmentIsRead(@TempDir Path directory) throws IOException {
        Path file = Files.write(directory.resolve("000000010000000000000001"), capturedPage());
        WalPageHeader header = WalPageHeader.read(file).orElseThrow();
        assertThat(header)
                .isEqualTo(new WalPageHeader(
                        0xD110, TimelineId.of(1), Lsn.parse("0/1000000"), 7710252329868605707L, 16 << 20, 8192));
        assertThat(header.systemId()).isEqualTo("7710252329868605707");
        assertThat(header.belongsTo(WalSegmentName.parse("000000010000000000000001")))
                .isTrue();
        assertThat(header.belongsTo(WalSegmentName.parse("000000020000000000000001")))
                .as("a segment copied at a timeline switch begins with the parent's page")
                .isTrue();
        assertThat(header.belongsTo(WalSegmentName.parse("000000000000000000000001")))
                .isFalse();
        assertThat(header.belongsTo(WalSegmentName.parse("000000010000000000000002")))
                .isFalse();
        assertThat(header.belongsTo(WalSegmentName.parse("0000000100000000FFFFFFFF")))
                .isFalse();
    }

    @Test
    void aSegmentOfOneMebibyteIsRead() {
        byte[] page = HexFormat.of().parseHex(ONE_MEBIBYTE);
        assertThat(WalPageHeader.parse(ByteBuffer.wrap(page)).orElseThrow())
                .isEqualTo(new WalPageHeader(
                        0xD110, TimelineId.of(1), Lsn.parse("0/600000"), 7710252332079896857L, 1 << 20, 8192));
    }

    private static final String ONE_MEBIBYTE =
            "10d10700010000000000600000000000d90000000000000019d93f36a551006b0000100000200000";

    @ParameterizedTest
    @CsvSource({
        "9.6,D093",
        "10,D097",
        "11,D098",
        "12,D101",
        "13,D106",
        "14,D10D",
        "15,D110",
        "16,D113",
        "17,D116",
        "18,D118"
    })
    void everySupportedReleaseIsKnown(String release, String magic) throws IOException {
        byte[] page = capturedPage();
        ByteBuffer.wrap(page).order(ByteOrder.LITTLE_ENDIAN).putShort(0, (short) Integer.parseInt(magic, 16));
        assertThat(WalPageHeader.parse(ByteBuffer.wrap(page)).map(WalPageHeader::magic))
                .as(release)
                .contains(Integer.parseInt(magic, 16));
    }

    @Test
    void identifiersAreUnsigned() throws IOException {
        byte[] page = capturedPage();
        ByteBuffer.wrap(page).putLong(24, -1);
        assertThat(WalPageHeader.parse(ByteBuffer.wrap(page)).orElseThrow().systemId())
                .isEqualTo("18446744073709551615");
    }

    @ParameterizedTest
    @CsvSource({
        "0, 11, another release",
        "0, 00, an empty page",
        "2, 00, a page inside of the segment",
        "2, 12, an unknown flag",
        "4, 00, timeline 0",
        "9, 20, an address inside of the segment",
        "34, 01, a segment size PostgreSQL does not know",
        "37, 21, an odd block size"
    })
    void anythingElseIsNoHeader(int at, String hex, String what) throws IOException {
        byte[] page = capturedPage();
        assertThat(page[at]).isNotEqualTo((byte) Integer.parseInt(hex, 16));
        page[at] = (byte) Integer.parseInt(hex, 16);
        assertThat(WalPageHeader.parse(ByteBuffer.wrap(page))).as(what).isEmpty();
    }

    @Test
    void theOtherByteOrderIsNoHeader() throws IOException {
        ByteBuffer little = ByteBuffer.wrap(capturedPage()).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer big = ByteBuffer.allocate(WalPageHeader.LENGTH);
        big.putShort(little.getShort()).putShort(little.getShort()).putInt(little.getInt());
        big.putLong(little.getLong()).putInt(little.getInt()).putInt(little.getInt());
        big.putLong(little.getLong()).putInt(little.getInt()).putInt(little.getInt());
        assertThat(WalPageHeader.parse(big.flip())).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 39})
    void aTruncatedFileHasNoHeader(int length, @TempDir Path directory) throws IOException {
        Path file = Files.write(directory.resolve("short"), java.util.Arrays.copyOf(capturedPage(), length));
        assertThat(WalPageHeader.read(file)).isEmpty();
    }

    @Test
    void theBufferIsLeftWhereItWas() throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(capturedPage());
        WalPageHeader.parse(buffer);
        assertThat(buffer.position()).isZero();
        assertThat(buffer.order()).isEqualTo(ByteOrder.BIG_ENDIAN);
    }
}

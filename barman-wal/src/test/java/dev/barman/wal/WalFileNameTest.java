// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WalFileNameTest {
    /** In the verified order of the reference implementation. */
    private static final List<String> ORDERED = List.of(
            "000000010000000000000001",
            "000000010000000000000001.00000028.backup",
            "000000010000000000000001.partial",
            "00000001000000000000000F",
            "00000001000000000000000a",
            "0000000100000001000000FF",
            "00000002.history",
            "000000020000000000000001");

    @Test
    void namesSortAsStrings() {
        List<WalFileName> names = new ArrayList<>();
        ORDERED.forEach(name -> names.add(WalFileName.parse(name)));
        Collections.reverse(names);
        Collections.sort(names);
        assertThat(names).extracting(WalFileName::text).containsExactlyElementsOf(ORDERED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00000001",
                "000000010000000000000001.tmp",
                "000000010000000000000001.partial.partial",
                "0000000100000000000000011",
                "00000001000000000000000",
                "000000010000000000000001\n",
                "00000002.history\n",
                "00000002.History",
                "000000010000000000000001.PARTIAL",
                "000000010000000000000001_00000028.backup",
                "000000010000000000000001.0000002G.backup",
                "٠0000001000000000000000٠",
                "000000010000000000000001/",
                "wals/000000010000000000000001",
                "../00000002.history"
            })
    void otherTextIsNoWalFileName(String text) {
        assertThat(WalFileName.isWalFileName(text)).isFalse();
        assertThat(WalFileName.tryParse(text)).isEmpty();
        assertThatThrownBy(() -> WalFileName.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("BadXlogSegmentName:" + text.substring(text.lastIndexOf('/') + 1));
        assertThatThrownBy(() -> new WalSegmentName(text)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new PartialSegmentName(text)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new BackupLabelFileName(text)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new HistoryFileName(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aLabelIsNamedByWhereItsBackupBegins() {
        WalSegmentName segment = WalSegmentName.parse("000000010000000000000003");
        BackupLabelFileName name = BackupLabelFileName.of(segment, 0x28);
        assertThat(name.text()).isEqualTo("000000010000000000000003.00000028.backup");
        assertThat(name.segment()).isEqualTo(segment);
        assertThat(name.offset()).isEqualTo(0x28);
        assertThat(BackupLabelFileName.of(segment, 0x3FABCDEF).text()).endsWith(".3FABCDEF.backup");
    }

    @Test
    void lowerCaseNamesKeepTheirCaseButLieInTheUpperCaseDirectory() {
        WalFileName name = WalFileName.parse("0000000a0000000b0000000c");
        assertThat(name.text()).isEqualTo("0000000a0000000b0000000c");
        assertThat(name.archivePath()).isEqualTo("0000000A0000000B/0000000a0000000b0000000c");
        assertThat(((WalSegmentName) name).canonical().text()).isEqualTo("0000000A0000000B0000000C");
    }

    @Test
    void partialsAndLabelsKnowTheirSegment() {
        WalSegmentName segment = WalSegmentName.parse("000000010000000000000001");
        assertThat(segment.partial().text()).isEqualTo("000000010000000000000001.partial");
        assertThat(segment.partial().segment()).isEqualTo(segment);
        assertThat(WalSegmentName.segmentOf(WalFileName.parse("000000010000000000000001.00000028.backup")))
                .contains(segment);
        assertThat(WalSegmentName.segmentOf(segment)).contains(segment);
    }

    @Test
    void sequencesRefuseHistoriesAndTwoTimelines() {
        WalFileName one = WalFileName.parse("000000010000000000000001");
        assertThatThrownBy(() -> WalSegmentRange.of(
                        one, WalFileName.parse("000000020000000000000001"), 0, WalSegmentSize.DEFAULT))
                .hasMessage("Begin segment (000000010000000000000001) and end segment (000000020000000000000001)"
                        + " must have the same timeline part");
        assertThatThrownBy(() -> WalSegmentRange.from(WalFileName.parse("00000002.history"), null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("00000002.history");
    }

    @Test
    void aSequenceEndsAtTheLastNameThatCanBeWritten() {
        WalSegmentRange range =
                WalSegmentRange.from(WalFileName.parse("00000001FFFFFFFF000000FE"), WalSegmentSize.DEFAULT);
        assertThat(range)
                .extracting(WalSegmentName::text)
                .containsExactly("00000001FFFFFFFF000000FE", "00000001FFFFFFFF000000FF");
    }

    @Test
    void numbersBeyond32BitsAreRefused() {
        assertThatThrownBy(() -> WalSegmentName.of(TimelineId.of(1), 1L << 32, 0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> WalSegmentName.of(TimelineId.of(1), 0, -1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> TimelineId.of(1L << 32)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> TimelineId.of(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> TimelineId.parseHex("1")).isInstanceOf(IllegalArgumentException.class);
        assertThat(TimelineId.parseHex("0000001a")).isEqualTo(TimelineId.of(26));
        assertThat(TimelineId.of(26).hex()).isEqualTo("0000001A");
    }

    @Test
    void aSegmentNumberThatTheSizeDoesNotHaveHasNoPosition() {
        assertThatThrownBy(
                        () -> WalSegmentName.parse("000000010000000000000100").startLsn(WalSegmentSize.DEFAULT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("000000010000000000000100");
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the reference implementation answers, verified by running it; numbered as in the compatibility contract. */
class WalExamplesTest {
    private static final WalSegmentSize MIB = WalSegmentSize.of(1 << 20);
    private static final WalSegmentSize GIB = WalSegmentSize.of(1 << 30);
    private static final WalSegmentSize DEFAULT = WalSegmentSize.DEFAULT;

    @Test
    void example01to06NamesAreRecognisedByKind() {
        assertKinds("00000001000000000000000a", true, true, false);
        assertKinds("000000010000000000000001.gz", false, false, false);
        assertKinds("000000010000000000000001.28.backup", false, false, false);
        assertKinds("00000002.history.partial", false, false, false);
        assertKinds("00000001000000000000000G", false, false, false);
        assertKinds("000000010000000000000001.partial", true, false, true);
        assertKinds("0000000100000000FFFFFFFF", true, true, false);
    }

    private static void assertKinds(String name, boolean any, boolean plain, boolean partial) {
        assertThat(WalFileName.isWalFileName(name)).as("any: %s", name).isEqualTo(any);
        assertThat(WalFileName.isSegment(name)).as("plain: %s", name).isEqualTo(plain);
        assertThat(WalFileName.isPartial(name)).as("partial: %s", name).isEqualTo(partial);
        assertThat(WalFileName.tryParse(name).isPresent())
                .as("parsed: %s", name)
                .isEqualTo(any);
    }

    @Test
    void example07to09NamesAreDecoded() {
        WalFileName label = WalFileName.parse("000000010000000A000000FF.00000028.backup");
        assertThat(label).isInstanceOf(BackupLabelFileName.class);
        WalSegmentName segment = ((BackupLabelFileName) label).segment();
        assertThat(segment.timeline()).isEqualTo(TimelineId.of(1));
        assertThat(segment.log()).isEqualTo(10);
        assertThat(segment.segment()).isEqualTo(255);
        assertThat(((BackupLabelFileName) label).offset()).isEqualTo(0x28);

        WalFileName history = WalFileName.parse("00000002.history");
        assertThat(history).isInstanceOf(HistoryFileName.class);
        assertThat(history.timeline()).isEqualTo(TimelineId.of(2));
        assertThat(WalSegmentName.segmentOf(history)).isEmpty();

        assertThatThrownBy(() -> WalFileName.parse("xyz"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("BadXlogSegmentName:xyz");
    }

    @Test
    void example10and11NumbersAreEncodedInUpperCase() {
        assertThat(WalSegmentName.of(TimelineId.of(1), 10, 255).text()).isEqualTo("000000010000000A000000FF");
        assertThat(HistoryFileName.of(TimelineId.of(26)).text()).isEqualTo("0000001A.history");
    }

    @Test
    void example12to14HashDirectoriesAreUpperCaseTimelineAndLog() {
        WalFileName partial = WalFileName.parse("0000000a0000000b0000000c.partial");
        assertThat(partial.hashDirectory()).isEqualTo("0000000A0000000B");
        assertThat(partial.archivePath()).isEqualTo("0000000A0000000B/0000000a0000000b0000000c.partial");
        WalFileName history = WalFileName.parse("00000002.history");
        assertThat(history.hashDirectory()).isEmpty();
        assertThat(history.archivePath()).isEqualTo("00000002.history");
        assertThat(WalHashDirectory.parse("000000010000000A")).isEqualTo(new WalHashDirectory(TimelineId.of(1), 10));
        assertThat(WalHashDirectory.parse("000000010000000a").name()).isEqualTo("000000010000000A");
        assertThatThrownBy(() -> WalHashDirectory.parse("000000010000000"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("BadXlogPrefix:000000010000000");
    }

    @Test
    void example15and16TheLastSegmentOfALogIsLeftOutBeforeVersion93() {
        assertThat(range("0000000100000000000000FE", "000000010000000100000001", 90300, DEFAULT))
                .containsExactly(
                        "0000000100000000000000FE",
                        "0000000100000000000000FF",
                        "000000010000000100000000",
                        "000000010000000100000001");
        assertThat(range("0000000100000000000000FE", "000000010000000100000001", 90299, DEFAULT))
                .containsExactly("0000000100000000000000FE", "000000010000000100000000", "000000010000000100000001");
    }

    @Test
    void example17to20LogsEndWhereTheSegmentSizeSays() {
        assertThat(first(3, "000000010000000000000FFE", 0, MIB))
                .containsExactly("000000010000000000000FFE", "000000010000000000000FFF", "000000010000000100000000");
        assertThat(first(2, "000000010000000000000FFE", 90200, MIB))
                .containsExactly("000000010000000000000FFE", "000000010000000100000000");
        assertThat(first(3, "00000001000000000000003E", 0, WalSegmentSize.of(64 << 20)))
                .containsExactly("00000001000000000000003E", "00000001000000000000003F", "000000010000000100000000");
        assertThat(first(3, "000000010000000000000002", 0, GIB))
                .containsExactly("000000010000000000000002", "000000010000000000000003", "000000010000000100000000");
    }

    @Test
    void example21and22UnknownSizeWalksFarIntoTheLog() {
        assertThat(first(3, "0000000100000000000000FE", 0, null))
                .containsExactly("0000000100000000000000FE", "0000000100000000000000FF", "000000010000000000000100");
        assertThat(first(3, "00000001000000000007FFFE", 0, null))
                .containsExactly("00000001000000000007FFFE", "00000001000000000007FFFF", "000000010000000100000000");
    }

    @Test
    void example23to25SequencesFromOddBegins() {
        assertThat(range("000000010000000000000003", "000000010000000000000001", 0, DEFAULT))
                .isEmpty();
        assertThat(first(2, "000000010000000000000001.partial", 0, DEFAULT))
                .containsExactly("000000010000000000000001", "000000010000000000000002");
        assertThat(first(2, "000000010000000000000FFF", 0, DEFAULT))
                .containsExactly("000000010000000000000FFF", "000000010000000100000000");
    }

    @Test
    void example26to28PreviousSegments() {
        WalSegmentName name = WalSegmentName.parse("000000010000000100000000");
        assertThat(name.previous(DEFAULT).text()).isEqualTo("0000000100000000000000FF");
        assertThat(name.previous(MIB).text()).isEqualTo("000000010000000000000FFF");
        assertThat(name.previous(GIB).text()).isEqualTo("000000010000000000000003");
        assertThat(WalSegmentName.parse("00000001000000010000000a")
                        .previous(DEFAULT)
                        .text())
                .isEqualTo("000000010000000100000009");
        assertThatThrownBy(
                        () -> WalSegmentName.parse("000000010000000000000000").previous(DEFAULT))
                .hasMessage("no WAL segment precedes 000000010000000000000000");
    }

    @Test
    void example29to33Positions() {
        assertThat(Lsn.parse("2/82000168").value()).isEqualTo(10770973032L);
        assertThat(Lsn.parse("ab/cd").value()).isEqualTo(734439407821L);
        assertThatThrownBy(() -> Lsn.parse("1")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Lsn.parse("1/2/3")).isInstanceOf(IllegalArgumentException.class);
        assertThat(Lsn.of(0)).hasToString("0/0");
        assertThat(Lsn.of(10771013992L)).hasToString("2/8200A168");
        assertThat(Lsn.parse("1/0").minus(Lsn.parse("0/FFFFFFFF"))).isEqualTo(1);
        assertThat(Lsn.parse("0/0").minus(Lsn.parse("1/0"))).isEqualTo(-4294967296L);
    }

    @Test
    void example34to39TheSegmentOfAPosition() {
        assertContaining(1, "0/3000028", DEFAULT, "000000010000000000000003", 40);
        assertContaining(1, "0/3000028", MIB, "000000010000000000000030", 40);
        assertContaining(1, "0/3000028", GIB, "000000010000000000000000", 50331688);
        assertContaining(3, "1/FFFFFFFF", DEFAULT, "0000000300000001000000FF", 16777215);
        assertContaining(3, "1/FFFFFFFF", GIB, "000000030000000100000003", 1073741823);
        assertContaining(10, "2/82000000", DEFAULT, "0000000A0000000200000082", 0);
    }

    private static void assertContaining(long timeline, String lsn, WalSegmentSize size, String name, long offset) {
        Lsn position = Lsn.parse(lsn);
        assertThat(WalSegmentName.containing(TimelineId.of(timeline), position, size)
                        .text())
                .isEqualTo(name);
        assertThat(position.offset(size)).isEqualTo(offset);
    }

    @Test
    void example40and41ThePositionOfASegment() {
        assertThat(WalSegmentName.parse("0000000A0000000200000082")
                        .startLsn(DEFAULT)
                        .plus(0x168))
                .hasToString("2/82000168");
        assertThat(WalSegmentName.parse("000000010000000100000003").startLsn(GIB))
                .hasToString("1/C0000000");
    }

    @Test
    void example42AnArchiveWithWalOfTheTimelineIsNotSafeForANewCluster() {
        List<String> archive = List.of("000000010000000000000001", "00000002.history");
        assertThat(NewClusterArchiveCheck.problem(archive, "1"))
                .contains("Found 2 files in WAL archive equal to or newer than timeline 1");
        assertThat(NewClusterArchiveCheck.problem(archive, "2"))
                .contains("Found 1 file in WAL archive equal to or newer than timeline 2");
        assertThat(NewClusterArchiveCheck.problem(archive, "3")).isEmpty();
        assertThat(NewClusterArchiveCheck.problem(archive, null)).contains("Expected empty archive");
        assertThat(NewClusterArchiveCheck.problem(List.of(), null)).isEmpty();
        assertThat(NewClusterArchiveCheck.problem(archive, "x"))
                .contains("Cannot check WAL archive with malformed timeline x");
        assertThat(NewClusterArchiveCheck.problem(archive, "0"))
                .contains("Cannot check WAL archive with malformed timeline 0");
        assertThat(NewClusterArchiveCheck.problem(List.of("a.txt"), "1"))
                .contains("Unexpected file a.txt found in WAL archive");
    }

    private static List<String> range(String begin, String end, int version, WalSegmentSize size) {
        List<String> names = new ArrayList<>();
        WalSegmentRange.of(WalFileName.parse(begin), WalFileName.parse(end), version, size)
                .forEach(name -> names.add(name.text()));
        return names;
    }

    private static List<String> first(int count, String begin, int version, @Nullable WalSegmentSize size) {
        List<String> names = new ArrayList<>();
        Iterator<WalSegmentName> segments = WalSegmentRange.of(WalFileName.parse(begin), null, version, size)
                .iterator();
        for (int i = 0; i < count; i++) {
            names.add(segments.next().text());
        }
        return names;
    }
}

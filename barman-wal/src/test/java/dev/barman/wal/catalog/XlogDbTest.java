// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.log.BarmanLog;
import dev.barman.log.LogLevel;
import dev.barman.wal.TimelineId;
import dev.barman.wal.WalFileName;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentRange;
import dev.barman.wal.WalSegmentSize;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class XlogDbTest {
    private static final String LINE_1 = "000000010000000000000001\t16777216\t1795173362.569609\tNone\tNone\n";
    private static final String LINE_2 = "000000010000000000000002\t2000\t1795173363.5\tgzip\tNone\n";
    private static final String LINE_3 = "00000002.history\t41\t1795173364.0\tNone\tgpg\n";
    private static final WalEntry ENTRY_1 =
            new WalEntry("000000010000000000000001", 16777216, 1795173362.569609, null, null);
    private static final WalEntry ENTRY_2 = new WalEntry("000000010000000000000002", 2000, 1795173363.5, "gzip", null);
    private static final WalEntry ENTRY_3 = new WalEntry("00000002.history", 41, 1795173364, null, "gpg");

    @TempDir
    Path directory;

    private Path file;
    private XlogDb index;

    @BeforeAll
    static void muteExpectedWarnings() {
        BarmanLog.setLevel(LogLevel.ERROR);
    }

    @AfterAll
    static void unmute() {
        BarmanLog.setLevel(LogLevel.WARNING);
    }

    @BeforeEach
    void setUp() {
        file = directory.resolve("main-xlog.db");
        index = new XlogDb(file);
    }

    @Test
    void aMissingFileIsAnEmptyIndex() throws IOException {
        assertThat(index.exists()).isFalse();
        assertThat(index.isEmpty()).isTrue();
        assertThat(index.entries()).isEmpty();
        assertThat(index.find("000000010000000000000001")).isEmpty();
        assertThat(index.last()).isEmpty();
        assertThat(index.lastPosition()).isZero();
        index.append(List.of());
        assertThat(file).doesNotExist();
    }

    @Test
    void appendedEntriesAreReadBackInOrder() throws IOException {
        index.append(List.of(ENTRY_1));
        index.append(List.of(ENTRY_2, ENTRY_3));
        assertThat(file).hasContent(LINE_1 + LINE_2 + LINE_3);
        assertThat(index.entries()).containsExactly(ENTRY_1, ENTRY_2, ENTRY_3);
        assertThat(index.last()).contains(ENTRY_3);
        assertThat(index.lastPosition()).isEqualTo(LINE_1.length() + LINE_2.length());
        assertThat(index.isEmpty()).isFalse();
    }

    @Test
    void onlyWalFilesAreAppended() {
        WalEntry entry = new WalEntry("000000010000000000000001.gz", 1, 1, null, null);
        assertThatThrownBy(() -> index.append(List.of(ENTRY_1, entry)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("not a WAL file name: '000000010000000000000001.gz'");
        assertThat(file).doesNotExist();
    }

    @Test
    void everyPrefixOfAnAppendIsHealedByTheNextOne() throws IOException {
        for (int cut = 0; cut < LINE_2.length(); cut++) {
            Files.writeString(file, LINE_1 + LINE_2.substring(0, cut));
            boolean whole = cut == LINE_2.length() - 1;
            assertThat(index.entries())
                    .as("read with %d bytes of the second line", cut)
                    .isEqualTo(whole ? List.of(ENTRY_1, ENTRY_2) : List.of(ENTRY_1));
            assertThat(index.last()).contains(whole ? ENTRY_2 : ENTRY_1);
            index.append(List.of(ENTRY_3));
            assertThat(Files.readString(file))
                    .as("repaired with %d bytes of the second line", cut)
                    .isEqualTo(whole ? LINE_1 + LINE_2 + LINE_3 : LINE_1 + LINE_3);
        }
    }

    @Test
    void aTornFirstLineIsRemovedToo() throws IOException {
        Files.writeString(file, LINE_1.substring(0, 30));
        assertThat(index.entries()).isEmpty();
        index.append(List.of(ENTRY_2));
        assertThat(file).hasContent(LINE_2);
    }

    @Test
    void zeroBytesThatACrashOfTheMachineLeftAreRemovedWithWhatFollows() throws IOException {
        Files.writeString(file, LINE_1 + LINE_2.substring(0, 10) + "\0\0\0\0\0" + LINE_2.substring(15) + LINE_3);
        index.append(List.of(ENTRY_3));
        assertThat(file).hasContent(LINE_1 + LINE_3);
    }

    @Test
    void aFileWithoutLineEndsIsNotTouched() throws IOException {
        byte[] rubbish = new byte[200_000];
        Arrays.fill(rubbish, (byte) 'x');
        Files.write(file, rubbish);
        assertThatThrownBy(() -> index.append(List.of(ENTRY_1)))
                .isInstanceOf(XlogDbFormatException.class)
                .hasMessageContaining("barman rebuild-xlogdb main");
        assertThat(file).hasBinaryContent(rubbish);
        assertThatThrownBy(() -> index.entries()).isInstanceOf(XlogDbFormatException.class);
    }

    @Test
    void aDamagedLineIsNamedByFileLineAndText() throws IOException {
        Files.writeString(file, LINE_1 + "000000010000000000000002\tline\t1.0\n" + LINE_3);
        assertThatThrownBy(() -> index.scan(line -> true))
                .isInstanceOf(XlogDbFormatException.class)
                .hasMessage("invalid literal for int() with base 10: 'line' in " + file
                        + ", line 2; to make the index anew run \"barman rebuild-xlogdb main\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "one\n", "one two\n", "a 1 2.0 None None None\n", "a\u00e4 1 2.0\n", "a\0 1 2.0\n"})
    void linesWithTheWrongFieldsAreDamaged(String line) throws IOException {
        Files.write(file, (LINE_1 + line + LINE_2).getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> index.scan(entry -> true))
                .isInstanceOf(XlogDbFormatException.class)
                .hasMessageStartingWith("cannot parse line: '")
                .hasMessageContaining("line 2;");
        assertThatThrownBy(() -> index.retain(entry -> true)).isInstanceOf(XlogDbFormatException.class);
        assertThat(Files.readString(file, StandardCharsets.ISO_8859_1)).isEqualTo(LINE_1 + line + LINE_2);
        assertThat(listing()).containsExactly("main-xlog.db");
    }

    @Test
    void linesOfOlderFormatsAndOtherBlanksAreRead() throws IOException {
        Files.writeString(
                file, "000000010000000000000001\t5\t1406019022\tgzip\n 000000010000000000000002  6 \t1e9\r\n" + LINE_3);
        assertThat(index.entries())
                .containsExactly(
                        new WalEntry("000000010000000000000001", 5, 1406019022, "gzip", null),
                        new WalEntry("000000010000000000000002", 6, 1e9, null, null),
                        ENTRY_3);
    }

    @Test
    void theCursorAnswersWithoutDecoding() throws IOException {
        Files.writeString(
                file,
                LINE_1
                        + "0000000a000000000000000b.partial 7 8.5 zstd gpg\n"
                        + LINE_3
                        + "garbage 1 2.0\n"
                        + "00000001000000000000000G 1 2.0\n");
        List<String> seen = new ArrayList<>();
        index.scan(line -> {
            seen.add(line.lineNumber() + "@" + line.offset() + " " + line.name() + " " + line.isPlainSegment() + " "
                    + line.isHistory() + " " + line.isWalFileName() + " " + line.timeline() + " " + line.sizeBytes()
                    + " " + line.time() + " " + line.compression() + " " + line.encryption());
            return true;
        });
        assertThat(seen)
                .containsExactly(
                        "1@0 000000010000000000000001 true false true 1 16777216 1.795173362569609E9 null null",
                        "2@62 0000000a000000000000000b.partial false false true 10 7 8.5 zstd gpg",
                        "3@110 00000002.history false true true 2 41 1.795173364E9 null gpg",
                        "4@152 garbage false false false -1 1 2.0 null null",
                        "5@166 00000001000000000000000G false false false 1 1 2.0 null null");
    }

    @Test
    void namesCompareAsStrings() throws IOException {
        index.append(List.of(ENTRY_2));
        index.scan(line -> {
            for (String other : List.of(
                    "",
                    "0000",
                    "000000010000000000000001",
                    ENTRY_2.name(),
                    ENTRY_2.name() + ".partial",
                    "00000002.history")) {
                assertThat(Integer.signum(line.compareName(other)))
                        .as(other)
                        .isEqualTo(Integer.signum(ENTRY_2.name().compareTo(other)));
                assertThat(Integer.signum(line.compareName(other.getBytes(StandardCharsets.US_ASCII))))
                        .as(other)
                        .isEqualTo(Integer.signum(ENTRY_2.name().compareTo(other)));
            }
            return true;
        });
    }

    @Test
    void theVisitorEndsTheScan() throws IOException {
        Files.writeString(file, LINE_1 + LINE_2 + "damaged\n");
        List<String> names = new ArrayList<>();
        index.scan(line -> {
            names.add(line.name());
            return names.size() < 2;
        });
        assertThat(names).hasSize(2);
    }

    @Test
    void scanningFromAPositionSeesTheLinesFromThere() throws IOException {
        index.append(List.of(ENTRY_1, ENTRY_2, ENTRY_3));
        List<WalEntry> seen = new ArrayList<>();
        index.scanFrom(index.lastPosition(), line -> seen.add(line.entry()));
        assertThat(seen).containsExactly(ENTRY_3);
        index.scanFrom(1_000_000, line -> seen.add(line.entry()));
        assertThat(seen).hasSize(1);
    }

    @Test
    void linesAcrossManyChunksAreAllSeen() throws IOException {
        List<WalEntry> entries = segments(20_000);
        index.append(entries);
        assertThat(index.entries()).isEqualTo(entries);
        assertThat(index.last()).contains(entries.get(19_999));
    }

    @Test
    void everyLineOfASortedIndexIsFound() throws IOException {
        List<WalEntry> entries = segments(20_000);
        index.append(entries);
        for (int i = 0; i < entries.size(); i += 97) {
            assertThat(index.find(entries.get(i).name())).contains(entries.get(i));
        }
        assertThat(index.find(entries.get(0).name())).contains(entries.get(0));
        assertThat(index.find(entries.get(19_999).name())).contains(entries.get(19_999));
        assertThat(index.find("0000000100000000000000FA.partial")).isEmpty();
        assertThat(index.find("000000000000000000000000")).isEmpty();
        assertThat(index.find("FFFFFFFFFFFFFFFFFFFFFFFF")).isEmpty();
    }

    @Test
    void everyLineOfAnUnsortedIndexIsFound() throws IOException {
        List<WalEntry> entries = segments(12_000);
        Collections.shuffle(entries, new Random(42));
        index.append(entries);
        for (int i = 0; i < entries.size(); i += 499) {
            assertThat(index.find(entries.get(i).name())).contains(entries.get(i));
        }
        assertThat(index.find("FFFFFFFFFFFFFFFFFFFFFFFF")).isEmpty();
    }

    @Test
    void onlyMissingEntriesAreAppended() throws IOException {
        List<WalEntry> entries = segments(12_000);
        List<WalEntry> indexed = new ArrayList<>(entries);
        WalEntry first = indexed.remove(17);
        WalEntry second = indexed.remove(9000);
        index.append(indexed);
        assertThat(index.appendMissing(List.of(entries.get(5), second, entries.get(11_999), first, first)))
                .containsExactly(second, first);
        assertThat(index.entries()).hasSize(12_000).endsWith(second, first);
        assertThat(index.appendMissing(List.of(first, second))).isEmpty();
        assertThat(new XlogDb(directory.resolve("other-xlog.db")).appendMissing(List.of(first)))
                .containsExactly(first);
    }

    @Test
    void freshFilesAreLookedForWithoutAScan() throws IOException {
        List<WalEntry> entries = segments(12_000);
        index.append(entries);
        assertThat(index.appendMissing(
                        entries.subList(11_998, 12_000),
                        Set.of(entries.get(11_998).name(), entries.get(11_999).name())))
                .isEmpty();
        // Far from where order would put it: only a scan finds it.
        List<WalEntry> moved = new ArrayList<>(entries);
        WalEntry last = moved.remove(11_999);
        moved.add(3, last);
        XlogDb other = new XlogDb(directory.resolve("other-xlog.db"));
        other.append(moved);
        assertThat(other.appendMissing(List.of(last))).isEmpty();
        assertThat(other.appendMissing(List.of(last), Set.of(last.name()))).containsExactly(last);
    }

    @Test
    void replacingIsAtomicAndKeepsTheMode() throws IOException {
        index.append(List.of(ENTRY_1));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        Files.writeString(directory.resolve("main-xlog.db.12ab.tmp"), "left by a killed process");
        index.replace(List.of(ENTRY_2, ENTRY_3).iterator());
        assertThat(file).hasContent(LINE_2 + LINE_3);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-r-----");
        assertThat(listing()).containsExactly("main-xlog.db");
    }

    @Test
    void aFailureWhileReplacingLeavesTheOldIndex() throws IOException {
        index.append(List.of(ENTRY_1));
        Iterator<WalEntry> failing = Stream.<WalEntry>generate(() -> {
                    throw new IllegalStateException("broken");
                })
                .iterator();
        assertThatThrownBy(() -> index.replace(failing)).hasMessage("broken");
        assertThat(file).hasContent(LINE_1);
        assertThat(listing()).containsExactly("main-xlog.db");
    }

    @Test
    void retainedLinesStayAsTheyAreAndOlderFormatsAreUpdated() throws IOException {
        Files.writeString(
                file,
                LINE_1
                        + "000000010000000000000002\t5\t1406019022\tgzip\n"
                        + "000000010000000000000003\t6\t1e9\tNone\tNone\n"
                        + "000000010000000000000004\t007\t5.0\tNone\tNone\n"
                        + LINE_3);
        long dropped = index.retain(line -> line.compareName("000000010000000000000001") != 0);
        assertThat(dropped).isEqualTo(1);
        assertThat(file)
                .hasContent("000000010000000000000002\t5\t1406019022.0\tgzip\tNone\n"
                        + "000000010000000000000003\t6\t1000000000.0\tNone\tNone\n"
                        + "000000010000000000000004\t7\t5.0\tNone\tNone\n"
                        + LINE_3);
    }

    @Test
    void retainingCompletesALastLineWithoutLineFeed() throws IOException {
        Files.writeString(file, LINE_1 + LINE_2.strip());
        index.retain(line -> true);
        assertThat(file).hasContent(LINE_1 + LINE_2);
    }

    @Test
    void anAppendToAFullDiskIsAnError() throws IOException {
        Path full = Path.of("/dev/full");
        Assumptions.assumeTrue(Files.exists(full));
        Files.createSymbolicLink(file, full);
        assertThatThrownBy(() -> index.append(List.of(ENTRY_1))).isInstanceOf(IOException.class);
    }

    @Test
    void aFileGrownWhileItIsScannedIsNoError() throws IOException {
        index.append(List.of(ENTRY_1));
        List<String> names = new ArrayList<>();
        index.scan(line -> {
            if (names.isEmpty()) {
                Files.writeString(file, LINE_2, StandardOpenOption.APPEND);
            }
            return names.add(line.name());
        });
        assertThat(names).containsExactly(ENTRY_1.name(), ENTRY_2.name());
    }

    private List<String> listing() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    static List<WalEntry> segments(int count) {
        List<WalEntry> entries = new ArrayList<>();
        Iterator<WalSegmentName> names = WalSegmentRange.from(
                        WalSegmentName.of(TimelineId.of(1), 0, 1), WalSegmentSize.DEFAULT)
                .iterator();
        for (int i = 0; i < count; i++) {
            entries.add(new WalEntry(names.next().text(), 1000 + i % 977, 1795173362.25 + i, "gzip", null));
        }
        assertThat(WalFileName.isSegment(entries.get(count - 1).name())).isTrue();
        return entries;
    }
}

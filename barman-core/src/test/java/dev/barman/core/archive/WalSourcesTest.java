// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.barman.wal.archive.WalBatch;
import dev.barman.wal.archive.WalSource;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionDetector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WalSourcesTest {
    private static final String ONE = "000000010000000000000001";
    private static final String TWO = "000000010000000000000002";
    private static final String THREE = "000000010000000000000003";

    @TempDir
    Path directory;

    private void touch(String... names) throws IOException {
        for (String name : names) {
            Files.createFile(directory.resolve(name));
        }
    }

    private WalBatch incoming(int batchSize) throws IOException {
        return new FileWalSource(directory, batchSize, CompressionDetector.STANDARD).nextBatch();
    }

    private WalBatch streaming(int batchSize) throws IOException {
        return new StreamingWalSource(directory, batchSize).nextBatch();
    }

    private static List<String> names(WalBatch batch) {
        return batch.items().stream().map(item -> item.name().text()).toList();
    }

    private static List<String> unknown(WalBatch batch) {
        return batch.unknown().stream()
                .map(path -> path.getFileName().toString())
                .toList();
    }

    @Test
    void incomingGivesWalFilesInOrderAndTellsTheRestApart() throws IOException {
        touch(
                TWO,
                ONE,
                "00000002.history",
                ONE + ".00000028.backup",
                THREE + ".partial",
                "notes.txt",
                ".hidden",
                "x.tmp");
        Files.createDirectory(directory.resolve("000000010000000000000004"));
        Files.createSymbolicLink(directory.resolve("000000010000000000000005"), directory.resolve(ONE));

        WalBatch batch = incoming(0);

        assertThat(names(batch))
                .containsExactly(ONE, ONE + ".00000028.backup", TWO, THREE + ".partial", "00000002.history");
        assertThat(unknown(batch)).containsExactly("000000010000000000000004", "000000010000000000000005", "notes.txt");
        assertThat(batch.totalEntries()).isEqualTo(9);
        assertThat(batch.isPartOfSource()).isTrue();
    }

    /** In the reference the cut comes before filtering, so that stale temporary files block archiving for ever. */
    @Test
    void hazardStaleTemporaryFilesDoNotUseUpTheBatchSize() throws IOException {
        touch("000000000000000000000000.tmp", "000000000000000000000001.tmp", ONE, TWO, THREE);

        assertThat(names(incoming(2))).containsExactly(ONE, TWO);
        assertThat(names(incoming(-1))).containsExactly(ONE, TWO, THREE);
    }

    @Test
    void incomingRecognisesCompressedFiles() throws IOException {
        Files.write(directory.resolve(ONE), new byte[] {0x1f, (byte) 0x8b, 8, 0});
        WalSource source = new FileWalSource(directory, 0, CompressionDetector.STANDARD);

        assertThat(source.describe(source.nextBatch().items().get(0)).compression())
                .contains(CompressionAlgorithm.GZIP);
    }

    @Test
    void missingDirectoryIsNamedInTheError() {
        Path missing = directory.resolve("missing");

        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> new FileWalSource(missing, 0, CompressionDetector.STANDARD).nextBatch())
                .withMessageContaining("incoming_wals_directory " + missing);
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> new StreamingWalSource(missing, 0).nextBatch())
                .withMessageContaining("streaming_wals_directory " + missing);
    }

    @ParameterizedTest
    @CsvSource({
        "'1 2 3',                   0, '1 2'",
        "'1 2 3.partial',           0, '1 2'",
        "'1.partial 2 3.partial',   0, '2 1.partial'",
        "'1 2.partial',             0, '1'",
        "'1 00000002.history',      0, '1'",
        "'1',                       0, ''",
        "'1.partial',               0, ''",
        "'1 2 3',                   2, '1 2'",
    })
    void streamingLeavesOneFileToTheReceiver(String present, int batchSize, String archived) throws IOException {
        touch(expand(present));

        assertThat(names(streaming(batchSize))).containsExactly(expand(archived));
    }

    /** In the reference a batch size of 1 archives nothing for ever, and a larger one that hides the partial file one less. */
    @ParameterizedTest
    @CsvSource({"'1 2 3.partial', 1, '1'", "'1 2 3.partial', 2, '1 2'", "'1 2 3', 1, '1'"})
    void hazardStreamingChoosesTheFileToKeepFromTheWholeDirectory(String present, int batchSize, String archived)
            throws IOException {
        touch(expand(present));

        assertThat(names(streaming(batchSize))).containsExactly(expand(archived));
    }

    @Test
    void streamingTellsForeignEntriesApart() throws IOException {
        touch(ONE, TWO, "x.tmp", "notes");
        Files.createDirectory(directory.resolve("sub"));

        WalBatch batch = streaming(0);

        assertThat(names(batch)).containsExactly(ONE);
        assertThat(unknown(batch)).containsExactly("notes", "sub");
    }

    private static String[] expand(String names) {
        if (names.isEmpty()) {
            return new String[0];
        }
        String[] parts = names.split(" ");
        for (int i = 0; i < parts.length; i++) {
            if (parts[i].length() < 12) {
                parts[i] = "00000001000000000000000" + parts[i];
            }
        }
        return parts;
    }
}

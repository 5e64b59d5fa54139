// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.barman.core.BarmanException;
import dev.barman.wal.WalFileName;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.storage.SampleWals;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GetWalTest {
    private static final String W1 = "000000010000000000000001";
    private static final GetWal.Options PLAIN = new GetWal.Options(false, false, null);
    private static final GetWal.Options PARTIAL = new GetWal.Options(true, false, null);
    private static final byte[] SEGMENT = ArchiveServer.segment(W1, SampleWals.SYSTEM_ID);

    @TempDir
    Path home;

    private ArchiveServer server;

    @BeforeEach
    void createServer() throws Exception {
        server = new ArchiveServer(home, "archiver = on");
    }

    private Optional<byte[]> get(String name, GetWal.Options options) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        boolean found = new GetWal(server.config).write(WalFileName.parse(name), options, () -> out);
        if (!found) {
            assertThat(out.size()).isZero();
        }
        return found ? Optional.of(out.toByteArray()) : Optional.empty();
    }

    private Path archived(String name, byte[] content) throws Exception {
        Path file = server.wals.resolve(WalFileName.parse(name).archivePath());
        Files.createDirectories(file.getParent());
        return Files.write(file, content);
    }

    private List<String> peek(String name, int size) throws Exception {
        return new GetWal(server.config).peek(WalFileName.parse(name), size);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "bzip2", "xz", "zstd", "lz4", "snappy"})
    void archivedWalIsUncompressedWhateverCompressedIt(String algorithm) throws Exception {
        server = new ArchiveServer(home, "archiver = on", "compression = " + algorithm);
        server.arrive(server.incoming, W1);
        server.archive();
        server = new ArchiveServer(home, "archiver = on");

        assertThat(get(W1, PLAIN)).hasValueSatisfying(bytes -> assertThat(bytes).isEqualTo(SEGMENT));
    }

    @Test
    void aPlaceThatCannotBeLookedAtIsNoMissingWal() throws Exception {
        Files.createDirectories(server.wals);
        Files.createFile(server.wals.resolve("0000000100000000"));

        assertThatExceptionOfType(FileSystemException.class)
                .isThrownBy(() -> get(W1, PLAIN))
                .withMessageContaining("Not a directory");
    }

    @Test
    void anArchiveThatIsNotMountedIsNoMissingWal() throws Exception {
        assertThat(get(W1, PLAIN)).isEmpty();
        Files.move(server.incoming.getParent(), home.resolve("elsewhere"));

        assertThatExceptionOfType(NotDirectoryException.class).isThrownBy(() -> get(W1, PLAIN));
    }

    @Test
    void storedBytesComeWithKeepCompression() throws Exception {
        server = new ArchiveServer(home, "archiver = on", "compression = zstd");
        server.arrive(server.incoming, W1);
        server.archive();
        byte[] stored = Files.readAllBytes(server.wals.resolve("0000000100000000/" + W1));

        assertThat(get(W1, new GetWal.Options(false, true, null)))
                .hasValueSatisfying(bytes -> assertThat(bytes).isEqualTo(stored));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "compression = zstd", "compression = gzip"})
    void outputIsCompressedOnDemand(String compression) throws Exception {
        server = new ArchiveServer(home, "archiver = on", compression);
        server.arrive(server.incoming, W1);
        server.archive();

        byte[] bytes = get(W1, new GetWal.Options(false, false, CompressionAlgorithm.GZIP))
                .orElseThrow();

        assertThat(new GZIPInputStream(new ByteArrayInputStream(bytes)).readAllBytes())
                .isEqualTo(SEGMENT);
    }

    @Test
    void archiveComesFirstThenIncomingThenStreaming() throws Exception {
        server.arrive(server.streaming, "00000002.history", new byte[] {3});
        assertThat(get("00000002.history", PLAIN)).contains(new byte[] {3});
        server.arrive(server.incoming, "00000002.history", new byte[] {2});
        assertThat(get("00000002.history", PLAIN)).contains(new byte[] {2});
        archived("00000002.history", new byte[] {1});
        assertThat(get("00000002.history", PLAIN)).contains(new byte[] {1});
    }

    @Test
    void partialSegmentIsUsedOnlyOnDemand() throws Exception {
        server.arrive(server.incoming, W1 + ".partial", new byte[] {3});
        assertThat(get(W1, PLAIN)).isEmpty();
        assertThat(get(W1, PARTIAL)).contains(new byte[] {3});
        archived(W1 + ".partial", new byte[] {2});
        assertThat(get(W1, PARTIAL)).contains(new byte[] {2});
        server.arrive(server.streaming, W1 + ".partial", new byte[] {1});
        assertThat(get(W1, PARTIAL)).contains(new byte[] {1});
        archived(W1, new byte[] {0});
        assertThat(get(W1, PARTIAL)).contains(new byte[] {0});
    }

    @Test
    void segmentThatIsStillBeingWrittenIsNotGiven() throws Exception {
        server.arrive(server.incoming, W1, Arrays.copyOf(SEGMENT, 1 << 19));
        assertThat(get(W1, PLAIN)).isEmpty();
        assertThat(peek(W1, 5)).isEmpty();
        server.arrive(server.incoming, W1, SEGMENT);
        assertThat(get(W1, PLAIN)).isPresent();
    }

    @Test
    void damagedStoredFileIsAnErrorAndNotShortData() throws Exception {
        server = new ArchiveServer(home, "archiver = on", "compression = gzip");
        server.arrive(server.incoming, W1);
        server.archive();
        Path stored = server.wals.resolve("0000000100000000/" + W1);
        byte[] bytes = Files.readAllBytes(stored);
        Files.write(stored, Arrays.copyOf(bytes, bytes.length / 2));

        assertThatExceptionOfType(java.io.IOException.class).isThrownBy(() -> get(W1, PLAIN));
    }

    /** A custom compression that no magic tells is that of the archive; what waits to get there is not compressed yet. */
    @Test
    void customCompressionIsNotUndoneBeforeItIsDone() throws Exception {
        server = new ArchiveServer(
                home,
                "archiver = on",
                "compression = custom",
                "custom_compression_filter = tr a-z A-Z",
                "custom_decompression_filter = tr A-Z a-z");
        server.arrive(server.incoming, "00000002.history", new byte[] {'A'});
        assertThat(get("00000002.history", PLAIN)).contains(new byte[] {'A'});
        archived("00000002.history", new byte[] {'A'});
        assertThat(get("00000002.history", PLAIN)).contains(new byte[] {'a'});
    }

    @Test
    void encryptedWalWithoutPassphraseCommandIsAClearError() throws Exception {
        archived(W1, new byte[] {(byte) 0x85, 0x01, 0x0c, 0x03, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});

        assertThatExceptionOfType(BarmanException.class)
                .isThrownBy(() -> get(W1, PLAIN))
                .withMessageStartingWith("Encrypted WAL file '" + W1
                        + "' detected, but no 'encryption_passphrase_command' is configured. ");
    }

    @Test
    void peekListsWhatExistsUpToTheFirstGap() throws Exception {
        for (int i : new int[] {1, 2, 3, 5}) {
            archived(SampleWals.name(i), new byte[1]);
        }
        server.arrive(server.incoming, SampleWals.name(5), new byte[0]);

        assertThat(peek(SampleWals.name(1), 10))
                .containsExactly(SampleWals.name(1), SampleWals.name(2), SampleWals.name(3));
        assertThat(peek(SampleWals.name(1), 2)).containsExactly(SampleWals.name(1), SampleWals.name(2));
        assertThat(peek(SampleWals.name(4), 10)).isEmpty();
        assertThat(peek(SampleWals.name(9), 10)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 64, 256, 4096})
    void peekGoesOnWithTheNextLogWhereALogCanEnd(int segmentsPerLog) throws Exception {
        List<String> names = new ArrayList<>();
        for (int i = segmentsPerLog - 3; i < segmentsPerLog + 3; i++) {
            names.add(String.format("00000001%08X%08X", i / segmentsPerLog, i % segmentsPerLog));
        }
        for (String name : names) {
            archived(name, new byte[1]);
        }

        assertThat(peek(names.get(0), 100)).isEqualTo(names);
    }

    @Test
    void peekOfOtherFilesGivesThemselves() throws Exception {
        archived("00000002.history", new byte[1]);

        assertThat(peek("00000002.history", 5)).containsExactly("00000002.history");
        assertThat(peek("00000003.history", 5)).isEmpty();
    }

    @Test
    void aSegmentShorterThanAHeaderIsNotGiven() throws Exception {
        server.arrive(server.incoming, W1, new byte[39]);
        assertThat(get(W1, PLAIN)).isEmpty();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.barman.wal.WalFileName;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.storage.SampleWals;
import dev.barman.wal.storage.StoreOutcome;
import dev.barman.wal.storage.WalStoreException;
import dev.barman.wal.storage.WalToStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is particular to a directory; the rest is in the contract. */
class LocalWalStorageTest {
    private static final CompressionSettings GZIP = CompressionSettings.of(CompressionAlgorithm.GZIP);
    private static final String W1 = SampleWals.name(1);

    @TempDir
    Path root;

    private LocalArchiveFixture archive;

    @BeforeEach
    void createArchive() throws IOException {
        archive = new LocalArchiveFixture(root);
    }

    private WalToStore source(String name) throws IOException {
        return SampleWals.describe(
                SampleWals.write(archive.incoming, name, SampleWals.content(name.hashCode(), 30_000)));
    }

    private List<WalToStore> sources(int count) throws IOException {
        List<WalToStore> wals = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            wals.add(source(SampleWals.name(i)));
        }
        return wals;
    }

    private Path stored(String name) {
        return archive.wals.resolve(WalFileName.parse(name).archivePath());
    }

    @Test
    void layoutIsBarmans() throws IOException {
        LocalWalStorage storage = archive.storage().build();
        for (String name : List.of(W1, W1 + ".00000028.backup", "00000002.history", "0000000a0000000b0000000c")) {
            storage.save(source(name));
        }

        assertThat(LocalArchiveFixture.tree(archive.wals))
                .containsExactly(
                        "0000000100000000/",
                        "0000000100000000/" + W1,
                        "0000000100000000/" + W1 + ".00000028.backup",
                        "00000002.history",
                        "0000000A0000000B/",
                        "0000000A0000000B/0000000a0000000b0000000c");
    }

    @Test
    void uncompressedWalIsLinkedAndNotCopied() throws IOException {
        WalToStore wal = source(W1);

        archive.storage().build().save(wal);

        assertThat(Files.isSameFile(stored(W1), wal.file())).isTrue();
    }

    @Test
    void compressedSourceIsLinkedToo() throws IOException {
        archive.storage().compression(GZIP).build().save(source(W1));
        Path compressed = archive.incoming.resolve(SampleWals.name(2));
        Files.copy(stored(W1), compressed);

        StoreOutcome outcome = archive.storage().compression(GZIP).build().save(SampleWals.describe(compressed));

        assertThat(outcome.entry().compression()).isEqualTo("gzip");
        assertThat(Files.isSameFile(stored(SampleWals.name(2)), compressed)).isTrue();
    }

    @Test
    void sourceOnAnotherFileSystemIsCopied() throws IOException {
        Path memory = Path.of("/dev/shm");
        assumeTrue(
                Files.isWritable(memory)
                        && !Files.getAttribute(memory, "unix:dev").equals(Files.getAttribute(root, "unix:dev")),
                "no second file system");
        Path elsewhere = Files.createTempDirectory(memory, "barman-test");
        try {
            byte[] content = SampleWals.content(1, 30_000);
            WalToStore wal = SampleWals.describe(SampleWals.write(elsewhere, W1, content));

            archive.storage().build().save(wal);

            assertThat(stored(W1)).hasBinaryContent(content);
            assertThat(Files.getLastModifiedTime(stored(W1))).isEqualTo(FileTime.from(SampleWals.MODIFIED));
            assertThat(LocalArchiveFixture.tree(archive.wals))
                    .containsExactly("0000000100000000/", "0000000100000000/" + W1);
        } finally {
            try (Stream<Path> paths = Files.walk(elsewhere)) {
                for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void modeAndTimeGoWithTheWal(boolean compressed) throws IOException {
        Path file = SampleWals.write(archive.incoming, W1, SampleWals.content(1, 30_000));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));

        archive.storage().compression(compressed ? GZIP : null).build().save(SampleWals.describe(file));

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(stored(W1))))
                .isEqualTo("rw-r-----");
        assertThat(Files.getLastModifiedTime(stored(W1))).isEqualTo(FileTime.from(SampleWals.MODIFIED));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7})
    void anyNumberOfThreadsGivesTheSameArchive(int threads) throws IOException {
        List<WalToStore> wals = sources(100);

        archive.storage().compression(GZIP).threads(threads).build().save(wals.iterator(), outcomes -> {});

        assertThat(archive.lines())
                .extracting(WalEntry::name)
                .isEqualTo(wals.stream().map(wal -> wal.name().text()).toList());
        assertThat(LocalArchiveFixture.tree(archive.wals)).noneMatch(name -> name.endsWith(".tmp"));
    }

    @Test
    void stepsOfEveryWalComeInTheDurableOrder() throws IOException {
        Map<String, List<CommitStep>> steps = new ConcurrentHashMap<>();
        List<WalToStore> wals = sources(50);

        archive.storage()
                .compression(GZIP)
                .observer((step, name) ->
                        steps.computeIfAbsent(name, key -> new ArrayList<>()).add(step))
                .build()
                .save(
                        wals.iterator(),
                        outcomes -> outcomes.forEach(outcome -> assertThat(
                                        steps.get(outcome.wal().name().text()))
                                .endsWith(CommitStep.INDEXED)));

        assertThat(steps.remove("wals")).containsExactly(CommitStep.DIRECTORY_CREATED);
        assertThat(steps.remove("0000000100000000")).containsExactly(CommitStep.DIRECTORY_CREATED);
        assertThat(steps).hasSize(50);
        assertThat(steps.values())
                .allSatisfy(list -> assertThat(list)
                        .containsExactly(
                                CommitStep.CONTENT_DURABLE,
                                CommitStep.IN_PLACE,
                                CommitStep.NAME_DURABLE,
                                CommitStep.INDEXED));
    }

    @Test
    void numberOfWalsAheadIsBounded() throws IOException {
        List<WalToStore> wals = sources(200);
        int[] taken = new int[1];
        int[] reported = new int[1];
        int[] most = new int[1];
        java.util.Iterator<WalToStore> counting = new java.util.Iterator<>() {
            @Override
            public boolean hasNext() {
                return taken[0] < wals.size();
            }

            @Override
            public WalToStore next() {
                most[0] = Math.max(most[0], taken[0] - reported[0]);
                return wals.get(taken[0]++);
            }
        };

        archive.storage()
                .compression(GZIP)
                .threads(2)
                .build()
                .save(counting, outcomes -> reported[0] += outcomes.size());

        assertThat(most[0]).isLessThan(50);
        assertThat(reported[0]).isEqualTo(200);
    }

    @Test
    void sourceThatChangesWhileItIsArchivedIsRefused() throws IOException {
        WalToStore wal = source(W1);
        Files.write(wal.file(), new byte[10]);

        WalStoreException failure = catchThrowableOfType(
                WalStoreException.class, () -> archive.storage().build().save(wal));

        assertThat(failure)
                .hasMessageContaining("changed while it was being archived (30000 bytes, then 10)")
                .hasMessageContaining("archive_command must write to a temporary name and rename");
        assertThat(archive.lines()).isEmpty();
        assertThat(stored(W1)).doesNotExist();
    }

    @Test
    void leftoversOfAKilledRunGo() throws IOException {
        Path directory = Files.createDirectories(archive.wals.resolve("0000000100000000"));
        Files.write(directory.resolve(W1 + ".tmp"), new byte[7]);
        Files.write(directory.resolve(W1 + ".tmp.gpg"), new byte[7]);

        archive.storage().build().save(source(W1));

        assertThat(LocalArchiveFixture.tree(archive.wals))
                .containsExactly("0000000100000000/", "0000000100000000/" + W1);
    }

    @Test
    void healedLineHasTheConfiguredNameOfTheFormat() throws IOException {
        LocalWalStorage storage = archive.storage()
                .compression(CompressionSettings.of(CompressionAlgorithm.PYGZIP))
                .build();
        WalEntry entry = storage.save(source(W1)).entry();
        archive.loseLines();

        storage.save(source(W1));

        assertThat(entry.compression()).isEqualTo("pygzip");
        assertThat(archive.lines()).containsExactly(entry);
    }

    @Test
    void emptyHashDirectoryGoesAndOneWithForeignFilesStays() throws IOException {
        LocalWalStorage storage = archive.storage().build();
        storage.save(source(W1));
        storage.save(source("000000020000000000000001"));
        Files.createFile(archive.wals.resolve("0000000200000000/foreign"));

        storage.delete(List.of(WalFileName.parse(W1), WalFileName.parse("000000020000000000000001")));

        assertThat(LocalArchiveFixture.tree(archive.wals))
                .containsExactly("0000000200000000/", "0000000200000000/foreign");
    }

    @Test
    void nameThatCannotBeDeletedIsReportedAndTheOthersGo() throws IOException {
        LocalWalStorage storage = archive.storage().build();
        storage.save(source(W1));
        Path obstacle = stored(SampleWals.name(2));
        Files.createDirectories(obstacle.resolve("sub"));

        var failures = storage.delete(List.of(WalFileName.parse(SampleWals.name(2)), WalFileName.parse(W1)));

        assertThat(failures).hasSize(1);
        assertThat(failures.get(0).name().text()).isEqualTo(SampleWals.name(2));
        assertThat(stored(W1)).doesNotExist();
    }

    @Test
    void foreignAndTemporaryFilesAreNotListed() throws IOException {
        LocalWalStorage storage = archive.storage().build();
        storage.save(source(W1));
        Files.createFile(archive.wals.resolve("0000000100000000/" + W1 + ".tmp"));
        Files.createFile(archive.wals.resolve("0000000100000000/000000020000000000000001"));
        Files.createFile(archive.wals.resolve("000000010000000000000005"));
        List<String> names = new ArrayList<>();

        storage.list(wal -> names.add(wal.name().text()));

        assertThat(names).containsExactly(W1);
    }

    @Test
    void atLeastOneThreadIsNeeded() {
        assertThatIllegalArgumentException().isThrownBy(() -> archive.storage().threads(0));
    }
}

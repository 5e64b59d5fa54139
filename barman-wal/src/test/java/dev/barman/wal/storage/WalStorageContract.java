// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.barman.wal.WalFileName;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import dev.barman.wal.storage.StoreOutcome.DifferentDuplicate;
import dev.barman.wal.storage.StoreOutcome.IdenticalDuplicate;
import dev.barman.wal.storage.StoreOutcome.Stored;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The contract of {@link WalStorage} as tests. An implementation extends this and gives an empty storage for each test, whose
 * content it can show uncompressed and undecrypted.
 */
public abstract class WalStorageContract {
    private static final int SIZE = 20_000;

    @TempDir
    protected Path sources;

    private WalStorage storage;

    /** A storage that holds nothing, made once per test. */
    protected abstract WalStorage emptyStorage() throws IOException;

    /** All lines of the storage's index. */
    protected abstract List<WalEntry> indexLines() throws IOException;

    /** Empties the index without touching the stored files, as a crash between the two leaves it. */
    protected abstract void loseIndexLines() throws IOException;

    /** What a stored file holds, decrypted and uncompressed. */
    protected abstract byte[] plainContent(InputStream stored, WalFileName name) throws IOException;

    @BeforeEach
    void createStorage() throws IOException {
        storage = emptyStorage();
    }

    private WalToStore source(String name) throws IOException {
        return source(name, SampleWals.content(name.hashCode(), SIZE));
    }

    private WalToStore source(String name, byte[] content) throws IOException {
        return SampleWals.describe(SampleWals.write(sources, name, content));
    }

    private List<WalToStore> sources(int count) throws IOException {
        List<WalToStore> wals = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            wals.add(source(SampleWals.name(i)));
        }
        return wals;
    }

    private List<StoreOutcome> save(List<WalToStore> wals) throws IOException {
        List<StoreOutcome> outcomes = new ArrayList<>();
        storage.save(wals.iterator(), outcomes::addAll);
        return outcomes;
    }

    private List<String> indexedNames() throws IOException {
        return indexLines().stream().map(WalEntry::name).toList();
    }

    private List<String> listedNames() throws IOException {
        List<String> names = new ArrayList<>();
        storage.list(wal -> names.add(wal.name().text()));
        return names;
    }

    private byte[] stored(WalFileName name) throws IOException {
        try (InputStream in = storage.open(name)) {
            return plainContent(in, name);
        }
    }

    @Test
    void savedWalIsStoredIndexedAndReadable() throws IOException {
        WalToStore wal = source(SampleWals.name(7));

        StoreOutcome outcome = storage.save(wal);

        assertThat(outcome).isInstanceOf(Stored.class);
        assertThat(outcome.wal()).isEqualTo(wal);
        assertThat(indexLines()).containsExactly(outcome.entry());
        assertThat(outcome.entry().time()).isEqualTo(1795173362.569609123);
        StoredWal stored = storage.stat(wal.name()).orElseThrow();
        assertThat(stored.sizeBytes()).isEqualTo(outcome.entry().sizeBytes());
        assertThat(stored.location()).isEqualTo(outcome.location());
        assertThat(storage.exists(wal.name())).isTrue();
        assertThat(stored(wal.name())).isEqualTo(Files.readAllBytes(wal.file()));
    }

    @Test
    void fetchedFileHoldsWhatIsStored() throws IOException {
        WalToStore wal = source(SampleWals.name(7));
        StoreOutcome outcome = storage.save(wal);

        Path copy;
        boolean isCopy;
        try (StoredFile fetched = storage.fetch(wal.name()).orElseThrow();
                InputStream stored = storage.open(wal.name())) {
            assertThat(fetched.file()).hasBinaryContent(stored.readAllBytes());
            assertThat(fetched.location()).isEqualTo(outcome.location());
            copy = fetched.file();
            isCopy = fetched.isCopy();
        }
        assertThat(Files.exists(copy)).isEqualTo(!isCopy);
        assertThat(storage.fetch(WalFileName.parse(SampleWals.name(8)))).isEmpty();
        assertThat(storage.locationOf(wal.name(), outcome.entry().compression()))
                .isEqualTo(outcome.location());
        assertThat(storage.destinationOf(wal.name())).isEqualTo(outcome.location());
    }

    @Test
    void storageThatIsThereAnswers() {
        assertThatNoException().isThrownBy(storage::probe);
    }

    @Test
    void allKindsOfNamesAreStored() throws IOException {
        List<String> names = List.of(
                "000000010000000000000001",
                "000000010000000000000001.00000028.backup",
                "000000010000000000000001.partial",
                "00000002.history");
        List<WalToStore> wals = new ArrayList<>();
        for (String name : names) {
            wals.add(source(name));
        }

        save(wals);

        assertThat(indexedNames()).isEqualTo(names);
        assertThat(listedNames()).isEqualTo(names);
    }

    @Test
    void emptyFileIsStored() throws IOException {
        WalToStore wal = source("00000002.history", new byte[0]);

        assertThat(storage.save(wal)).isInstanceOf(Stored.class);
        assertThat(stored(wal.name())).isEmpty();
    }

    @Test
    void outcomesAndIndexLinesComeInTheOrderGiven() throws IOException {
        List<WalToStore> wals = sources(60);
        List<WalToStore> shuffled = new ArrayList<>(wals.subList(30, 60));
        shuffled.addAll(wals.subList(0, 30));

        List<StoreOutcome> outcomes = save(shuffled);

        assertThat(outcomes).extracting(StoreOutcome::wal).isEqualTo(shuffled);
        assertThat(indexedNames())
                .isEqualTo(shuffled.stream().map(wal -> wal.name().text()).toList());
        assertThat(listedNames())
                .isEqualTo(wals.stream().map(wal -> wal.name().text()).toList());
    }

    @Test
    void walIsDurableAndIndexedWhenItsOutcomeIsReported() throws IOException {
        List<WalToStore> wals = sources(30);
        List<String> reported = new ArrayList<>();

        storage.save(wals.iterator(), outcomes -> {
            for (StoreOutcome outcome : outcomes) {
                reported.add(outcome.wal().name().text());
                assertThat(storage.exists(outcome.wal().name())).isTrue();
            }
            assertThat(indexedNames()).containsAll(reported);
        });

        assertThat(reported).hasSize(30);
    }

    @Test
    void nothingToSaveIsNoCallAtAll() throws IOException {
        assertThat(save(List.of())).isEmpty();
        assertThat(indexLines()).isEmpty();
    }

    @Test
    void sourcesStayUntouched() throws IOException {
        List<WalToStore> wals = sources(5);

        save(wals);

        for (WalToStore wal : wals) {
            assertThat(wal.file())
                    .hasBinaryContent(SampleWals.content(wal.name().text().hashCode(), SIZE));
            assertThat(Files.getLastModifiedTime(wal.file())).isEqualTo(FileTime.from(SampleWals.MODIFIED));
        }
    }

    @Test
    void sameContentAgainIsAnIdenticalDuplicateWithOneLine() throws IOException {
        List<WalToStore> wals = sources(3);
        List<StoreOutcome> first = save(wals);

        List<StoreOutcome> second = save(wals);

        assertThat(second).allMatch(outcome -> outcome instanceof IdenticalDuplicate);
        assertThat(second)
                .extracting(StoreOutcome::entry)
                .isEqualTo(first.stream().map(StoreOutcome::entry).toList());
        assertThat(indexedNames()).hasSize(3);
    }

    @Test
    void sameContentComingCompressedIsAnIdenticalDuplicate() throws IOException {
        String name = SampleWals.name(1);
        byte[] content = SampleWals.content(1, SIZE);
        storage.save(source(name, content));
        WalToStore compressed = source(name, gzip(content));
        assertThat(compressed.compression()).contains(CompressionAlgorithm.GZIP);

        assertThat(storage.save(compressed)).isInstanceOf(IdenticalDuplicate.class);
    }

    @Test
    void compressedSourceIsStoredAsItIs() throws IOException {
        byte[] content = SampleWals.content(1, SIZE);
        WalToStore compressed = source(SampleWals.name(1), gzip(content));

        StoreOutcome outcome = storage.save(compressed);

        assertThat(outcome.entry().compression()).isEqualTo("gzip");
        assertThat(stored(compressed.name())).isEqualTo(content);
    }

    @Test
    void otherContentIsADifferentDuplicateAndChangesNothing() throws IOException {
        String name = SampleWals.name(1);
        byte[] content = SampleWals.content(1, SIZE);
        StoreOutcome first = storage.save(source(name, content));

        StoreOutcome second = storage.save(source(name, SampleWals.content(2, SIZE - 1)));

        assertThat(second).isInstanceOf(DifferentDuplicate.class);
        assertThat(stored(first.wal().name())).isEqualTo(content);
        assertThat(indexLines()).containsExactly(first.entry());
        assertThat(sources.resolve(name)).exists();
    }

    /** The reference takes equal size and time for equal content and drops the file. */
    @Test
    void hazardEqualSizeAndTimeWithOtherContentIsDifferent() throws IOException {
        String name = SampleWals.name(1);
        byte[] content = SampleWals.content(1, SIZE);
        storage.save(source(name, content));
        byte[] other = content.clone();
        other[SIZE - 1] ^= 1;

        assertThat(storage.save(source(name, other))).isInstanceOf(DifferentDuplicate.class);
    }

    /** In the reference a WAL that was stored before a crash and not indexed never gets its line. */
    @Test
    void hazardStoredWalWithoutIndexLineGetsItWhenTheWalComesAgain() throws IOException {
        List<WalToStore> wals = sources(20);
        List<StoreOutcome> first = save(wals.subList(0, 10));
        loseIndexLines();

        List<StoreOutcome> second = save(wals);

        assertThat(second.subList(0, 10)).allMatch(outcome -> outcome instanceof IdenticalDuplicate);
        assertThat(second.subList(10, 20)).allMatch(outcome -> outcome instanceof Stored);
        assertThat(indexedNames())
                .isEqualTo(wals.stream().map(wal -> wal.name().text()).toList());
        assertThat(indexLines().subList(0, 10))
                .extracting(WalEntry::sizeBytes)
                .isEqualTo(first.stream()
                        .map(outcome -> outcome.entry().sizeBytes())
                        .toList());
    }

    @Test
    void firstFailureEndsTheSaveWithTheOnesBeforeStored() throws IOException {
        List<WalToStore> wals = sources(9);
        Files.delete(wals.get(4).file());
        List<StoreOutcome> outcomes = new ArrayList<>();

        WalStoreException failure =
                catchThrowableOfType(WalStoreException.class, () -> storage.save(wals.iterator(), outcomes::addAll));

        assertThat(failure.wal()).isEqualTo(wals.get(4));
        assertThat(failure).hasMessageContaining(wals.get(4).file().toString());
        assertThat(outcomes).extracting(StoreOutcome::wal).isEqualTo(wals.subList(0, 4));
        assertThat(indexedNames()).hasSize(4);

        source(wals.get(4).name().text());
        save(wals);
        assertThat(indexedNames())
                .isEqualTo(wals.stream().map(wal -> wal.name().text()).toList());
    }

    @Test
    void listenerThatFailsEndsTheSaveAndARepetitionHeals() throws IOException {
        List<WalToStore> wals = sources(40);

        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> storage.save(wals.iterator(), outcomes -> {
                    throw new IOException("listener");
                }))
                .withMessage("listener");

        save(wals);
        assertThat(indexedNames())
                .isEqualTo(wals.stream().map(wal -> wal.name().text()).toList());
    }

    @Test
    void inputThatFailsLeavesWhatCameBeforeStored() throws IOException {
        List<WalToStore> wals = sources(5);
        Iterator<WalToStore> good = wals.iterator();
        Iterator<WalToStore> failing = new Iterator<>() {
            @Override
            public boolean hasNext() {
                if (!good.hasNext()) {
                    throw new UncheckedIOException(new IOException("input"));
                }
                return true;
            }

            @Override
            public WalToStore next() {
                if (!good.hasNext()) {
                    throw new NoSuchElementException();
                }
                return good.next();
            }
        };

        assertThatExceptionOfType(UncheckedIOException.class).isThrownBy(() -> storage.save(failing, outcomes -> {}));

        assertThat(indexedNames()).hasSize(5);
    }

    @Test
    void whatIsNotThereIsAbsentAndNotAnError() throws IOException {
        WalFileName absent = WalFileName.parse(SampleWals.name(1));

        assertThat(storage.stat(absent)).isEmpty();
        assertThat(storage.exists(absent)).isFalse();
        assertThatExceptionOfType(NoSuchFileException.class)
                .isThrownBy(() -> storage.open(absent).close());
        assertThat(storage.delete(List.of(absent))).isEmpty();
        assertThat(listedNames()).isEmpty();
    }

    @Test
    void deleteRemovesExactlyTheNamesGiven() throws IOException {
        save(List.of(
                source(SampleWals.name(1)),
                source(SampleWals.name(1) + ".00000028.backup"),
                source(SampleWals.name(1) + ".partial"),
                source(SampleWals.name(2))));

        assertThat(storage.delete(List.of(WalFileName.parse(SampleWals.name(1)))))
                .isEmpty();
        assertThat(listedNames())
                .containsExactly(
                        SampleWals.name(1) + ".00000028.backup", SampleWals.name(1) + ".partial", SampleWals.name(2));
        assertThat(storage.delete(List.of(WalFileName.parse(SampleWals.name(1)))))
                .isEmpty();
    }

    /** The reference removes the whole directory when 256 of its files go, whatever else is in it. */
    @Test
    void hazardDeleting256WalsOfOneDirectoryKeepsTheOthers() throws IOException {
        List<WalToStore> wals = new ArrayList<>();
        for (int i = 0; i < 260; i++) {
            wals.add(source(String.format("0000000100000000%08X", i), new byte[] {(byte) i}));
        }
        save(wals);

        storage.delete(wals.subList(0, 257).stream().map(WalToStore::name).toList());

        assertThat(listedNames())
                .isEqualTo(wals.subList(257, 260).stream()
                        .map(wal -> wal.name().text())
                        .toList());
    }

    @Test
    void deletedNameCanBeStoredAgain() throws IOException {
        WalToStore wal = source(SampleWals.name(1));
        storage.save(wal);
        storage.delete(List.of(wal.name()));
        loseIndexLines();

        assertThat(storage.save(wal)).isInstanceOf(Stored.class);
        assertThat(indexedNames()).hasSize(1);
    }

    private static byte[] gzip(byte[] content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (WalCodec codec = WalCodec.of(CompressionSettings.of(CompressionAlgorithm.GZIP));
                OutputStream out = codec.compressing(bytes)) {
            out.write(content);
        }
        return bytes.toByteArray();
    }
}

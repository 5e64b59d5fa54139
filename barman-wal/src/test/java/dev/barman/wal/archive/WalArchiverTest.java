// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.barman.wal.WalFileName;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.storage.MemoryWalStorage;
import dev.barman.wal.storage.SampleWals;
import dev.barman.wal.storage.WalStoreException;
import dev.barman.wal.storage.WalToStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WalArchiverTest {
    private static final WalSegmentSize SIZE = WalSegmentSize.of(1 << 20);
    private static final String OTHER_SYSTEM = "6000000000000000001";
    private static final String W1 = SampleWals.name(1);
    private static final String W2 = SampleWals.name(2);
    private static final String W3 = SampleWals.name(3);
    private static final String W4 = SampleWals.name(4);

    @TempDir
    Path root;

    private Path incoming;
    private Path aside;
    private final MemoryWalStorage storage = new MemoryWalStorage();
    private final List<String> log = new ArrayList<>();
    private int askedForCluster;

    @BeforeEach
    void createDirectories() throws IOException {
        incoming = Files.createDirectory(root.resolve("incoming"));
        aside = Files.createDirectory(root.resolve("aside"));
    }

    private final class Source implements WalSource {
        @Override
        public WalBatch nextBatch() {
            throw new UnsupportedOperationException();
        }

        @Override
        public WalToStore describe(WalBatch.Item item) throws IOException {
            return WalToStore.of(item.name(), item.file(), Optional.empty());
        }

        @Override
        public void discard(Collection<WalToStore> archived) throws IOException {
            for (WalToStore wal : archived) {
                log.add("discard " + wal.name().text());
                Files.delete(wal.file());
            }
        }

        @Override
        public Path directory() {
            return incoming;
        }
    }

    private final class Progress implements ArchiveProgress {
        @Override
        public void processing(WalToStore wal) {
            log.add("processing " + wal.name().text());
        }

        @Override
        public void conflict(WalToStore wal, Path keptAs) {
            log.add("conflict " + wal.name().text());
        }

        @Override
        public void incomplete(WalToStore wal, long expectedBytes) {
            log.add("incomplete " + wal.name().text() + " " + expectedBytes);
        }

        @Override
        public void foreign(WalToStore wal, String systemId, String expectedSystemId, Path keptAs) {
            log.add("foreign " + wal.name().text() + " " + systemId + " " + expectedSystemId);
        }

        @Override
        public void vetoed(WalToStore wal, ArchiveVetoException veto) {
            log.add("vetoed " + wal.name().text());
        }

        @Override
        public void unknown(List<Path> entries) {
            log.add("unknown " + entries.size());
        }
    }

    private Path keep(Path source, String name, Quarantine.Reason reason) throws IOException {
        if (!Files.exists(source)) {
            throw new NoSuchFileException(source.toString());
        }
        return Files.move(source, aside.resolve(name + "." + reason.suffix()));
    }

    /** Logs its calls; says no to one WAL. */
    private ArchiveListener listener(String refused) {
        return new ArchiveListener() {
            @Override
            public void before(WalToStore wal) throws ArchiveVetoException {
                log.add("before " + wal.name().text());
                if (wal.name().text().equals(refused)) {
                    throw new ArchiveVetoException("no", new IOException());
                }
            }

            @Override
            public void after(WalToStore wal, ArchiveResult result) {
                log.add("after " + wal.name().text() + " " + result.getClass().getSimpleName());
            }
        };
    }

    private ArchiveSummary archive(Optional<ArchiveListener> listener, List<String> unknown, String... names)
            throws IOException {
        List<WalBatch.Item> items = new ArrayList<>();
        for (String name : names) {
            items.add(new WalBatch.Item(WalFileName.parse(name), incoming.resolve(name)));
        }
        List<Path> foreign = unknown.stream().map(incoming::resolve).toList();
        return new WalArchiver(new Source(), storage, this::keep, new Progress(), listener, () -> {
                    askedForCluster++;
                    return Optional.of(SampleWals.SYSTEM_ID);
                })
                .archive(new WalBatch(items, foreign, items.size() + foreign.size()));
    }

    private void arrive(String name) throws IOException {
        arrive(name, segment(name, SampleWals.SYSTEM_ID));
    }

    private void arrive(String name, byte[] content) throws IOException {
        SampleWals.write(incoming, name, content);
    }

    private static byte[] segment(String name, String systemId) {
        return SampleWals.segment(WalSegmentName.parse(name), SIZE, systemId);
    }

    private List<String> indexed() {
        return storage.index().stream().map(WalEntry::name).toList();
    }

    private Optional<ArchiveListener> maybe(boolean bracketed) {
        return bracketed ? Optional.of(listener("")) : Optional.empty();
    }

    private List<String> progress() {
        return log.stream()
                .filter(line -> !line.startsWith("before") && !line.startsWith("after"))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everythingIsToldInTheOrderOfTheWals(boolean bracketed) throws IOException {
        arrive(W1);
        storage.save(SampleWals.describe(incoming.resolve(W1)));
        arrive(W1, SampleWals.content(9, 50));
        arrive(W2, Arrays.copyOf(segment(W2, SampleWals.SYSTEM_ID), 9999));
        arrive(W3, segment(W3, OTHER_SYSTEM));
        arrive(W4);
        arrive("junk", new byte[1]);

        ArchiveSummary summary = archive(maybe(bracketed), List.of("junk", "gone"), W1, W2, W3, W4);

        assertThat(summary).isEqualTo(new ArchiveSummary(1, 0, 3, 1, false));
        assertThat(progress())
                .containsExactly(
                        "processing " + W1,
                        "conflict " + W1,
                        "incomplete " + W2 + " 1048576",
                        "foreign " + W3 + " " + OTHER_SYSTEM + " " + SampleWals.SYSTEM_ID,
                        "processing " + W4,
                        "discard " + W4,
                        "unknown 2");
        assertThat(indexed()).containsExactly(W1, W4);
        assertThat(aside.resolve(W1 + ".duplicate")).exists();
        assertThat(aside.resolve(W3 + ".unknown")).exists();
        assertThat(aside.resolve("junk.unknown")).exists();
        assertThat(incoming.resolve(W2)).exists();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void fileThatIsGoneIsPassedOver(boolean bracketed) throws IOException {
        arrive(W2);

        assertThat(archive(maybe(bracketed), List.of(), W1, W2, W3).archived()).isEqualTo(1);
        assertThat(progress()).containsExactly("processing " + W2, "discard " + W2);
    }

    @Test
    void listenerBracketsOneWalAfterTheOther() throws IOException {
        arrive(W1);
        arrive(W2);

        archive(Optional.of(listener("")), List.of(), W1, W2);

        assertThat(log)
                .containsExactly(
                        "processing " + W1,
                        "before " + W1,
                        "discard " + W1,
                        "after " + W1 + " Archived",
                        "processing " + W2,
                        "before " + W2,
                        "discard " + W2,
                        "after " + W2 + " Archived");
    }

    @Test
    void vetoEndsThePassAndLeavesTheRest() throws IOException {
        arrive(W1);
        arrive(W2);
        arrive(W3);
        arrive("junk", new byte[1]);

        ArchiveSummary summary = archive(Optional.of(listener(W2)), List.of("junk"), W1, W2, W3);

        assertThat(summary).isEqualTo(new ArchiveSummary(1, 0, 0, 0, true));
        assertThat(log.subList(4, log.size()))
                .containsExactly("processing " + W2, "before " + W2, "vetoed " + W2, "after " + W2 + " Vetoed");
        assertThat(indexed()).containsExactly(W1);
        assertThat(incoming.resolve(W3)).exists();
        assertThat(incoming.resolve("junk")).exists();
    }

    @Test
    void failureIsToldToTheListenerAndEndsThePass() throws IOException {
        arrive(W1);
        arrive(W2);
        ArchiveListener removing = new ArchiveListener() {
            @Override
            public void before(WalToStore wal) throws IOException {
                Files.delete(wal.file());
            }

            @Override
            public void after(WalToStore wal, ArchiveResult result) {
                log.add("after " + wal.name().text() + " " + result.getClass().getSimpleName());
            }
        };

        assertThatExceptionOfType(WalStoreException.class)
                .isThrownBy(() -> archive(Optional.of(removing), List.of(), W1, W2));

        assertThat(log).containsExactly("processing " + W1, "after " + W1 + " Failed");
        assertThat(incoming.resolve(W2)).exists();
    }

    @Test
    void identicalDuplicateIsDiscarded() throws IOException {
        arrive(W1);
        archive(Optional.empty(), List.of(), W1);
        arrive(W1);

        assertThat(archive(Optional.empty(), List.of(), W1)).isEqualTo(new ArchiveSummary(0, 1, 0, 0, false));
        assertThat(incoming.resolve(W1)).doesNotExist();
        assertThat(indexed()).containsExactly(W1);
    }

    @Test
    void partialSegmentsAndSmallFilesAreNotJudged() throws IOException {
        String partial = W1 + ".partial";
        arrive(partial, Arrays.copyOf(segment(W1, OTHER_SYSTEM), 5000));
        arrive(W2, new byte[100]);
        arrive("00000002.history", new byte[0]);

        assertThat(archive(Optional.empty(), List.of(), partial, W2, "00000002.history")
                        .archived())
                .isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void clusterIsAskedForOnlyWhenACompleteSegmentTellsIts(boolean bracketed) throws IOException {
        arrive(W1, Arrays.copyOf(segment(W1, OTHER_SYSTEM), 9999));
        arrive(W2 + ".partial", segment(W2, OTHER_SYSTEM));
        arrive(W3, SampleWals.content(3, 1 << 20));

        archive(maybe(bracketed), List.of(), W1, W2 + ".partial", W3);
        assertThat(askedForCluster).isZero();

        arrive(W4);
        archive(maybe(bracketed), List.of(), W4);
        assertThat(askedForCluster).isPositive();
    }

    @Test
    void emptySegmentIsIncomplete() throws IOException {
        arrive(W1, new byte[0]);

        assertThat(archive(Optional.empty(), List.of(), W1).left()).isEqualTo(1);
        assertThat(log).containsExactly("incomplete " + W1 + " 0");
    }

    @Test
    void segmentShorterThanAHeaderIsIncomplete() throws IOException {
        arrive(W1, new byte[39]);
        arrive(W2, new byte[40]);

        assertThat(archive(Optional.empty(), List.of(), W1, W2).left()).isEqualTo(1);
        assertThat(log).contains("incomplete " + W1 + " 0");
        assertThat(incoming.resolve(W1)).exists();
        assertThat(indexed()).containsExactly(W2);
    }
}

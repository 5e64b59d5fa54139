// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import static dev.barman.storage.cloud.archive.DataDirectory.content;
import static dev.barman.storage.cloud.archive.DataDirectory.name;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.file.LockFile;
import dev.barman.object.ObjectKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Record and index: when they are believed, and what they hold after failures and beside other calls. */
class CloudWalArchiverStateTest extends ArchiverFixture {
    // Records that are not to be believed.

    @Test
    void recordOfAnotherClusterOrDestinationSkipsNothing() throws Exception {
        segments(1, 3, 4);
        archive(wal(1, 3), 8);
        destination = "elsewhere";
        assertThat(archive(wal(1, 3), 8)).isInstanceOf(CloudArchiveResult.AlreadyArchived.class);
        assertThat(warnings).singleElement().asString().contains("another cluster, segment size or destination");
        assertThat(indexed()).isEqualTo(names(1, 3, 4));
    }

    @Test
    void segmentOfTheSameNameInARestoredClusterIsNotSkipped() throws Exception {
        segments(1, 3, 5);
        archive(wal(1, 3), 8);
        // A clone of the cluster writes other WAL under the same names, with the old record in its place.
        Files.delete(wal(1, 4));
        Files.write(wal(1, 4), changed(content(1, 4)));
        assertThat(archive(wal(1, 4), 8)).isInstanceOf(CloudArchiveResult.Conflict.class);
    }

    @Test
    void damagedRecordSkipsNothing() throws Exception {
        segments(1, 3, 4);
        archive(wal(1, 3), 8);
        Files.writeString(state.resolve("archived-segments"), "000000010000000000000FFF\n");
        assertThat(archive(wal(1, 3), 8)).isInstanceOf(CloudArchiveResult.AlreadyArchived.class);
        assertThat(archive(wal(1, 3), 8)).isInstanceOf(CloudArchiveResult.Recorded.class);
    }

    @Test
    void belowTheIntervalAndBehindAGapIsArchived() throws Exception {
        segments(1, 5, 6);
        archive(wal(1, 5), 8);
        segments(1, 3, 3);
        assertThat(archive(wal(1, 3), 8)).isInstanceOf(CloudArchiveResult.Archived.class);
        segments(1, 9, 9);
        assertThat(archive(wal(1, 9), 8)).isInstanceOf(CloudArchiveResult.Archived.class);
        assertThat(indexed()).containsExactly(name(1, 5), name(1, 6), name(1, 3), name(1, 9));
    }

    @Test
    void stateDirectoryThatIsNotOursAloneIsAWarningAndOnlyTheRequestedFileIsArchived() throws Exception {
        segments(1, 3, 6);
        archive(wal(1, 3), 2);
        Files.setPosixFilePermissions(state, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(archive(wal(1, 3), 8)).isInstanceOf(CloudArchiveResult.AlreadyArchived.class);
        assertThat(archive(wal(1, 5), 8)).isInstanceOf(CloudArchiveResult.Archived.class);
        assertThat(stored()).isEqualTo(names(1, 3, 5));
        assertThat(indexed()).isEqualTo(names(1, 3, 4));
        assertThat(warnings)
                .isNotEmpty()
                .allSatisfy(warning -> assertThat(warning).contains("No record of archived"));
    }

    // Index and record.

    @Test
    void indexThatCannotBeWrittenFailsTheCallAndTheNextOneHeals() throws Exception {
        segments(1, 3, 6);
        Files.createDirectory(
                state, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        patience = Duration.ofMillis(100);
        try (LockFile held = LockFile.acquire(state.resolve(".main-xlogdb.lock"))) {
            assertThatThrownBy(() -> archive(wal(1, 3), 8))
                    .isInstanceOf(NotRecordedException.class)
                    .hasMessageContaining("main-xlog.db");
        }
        assertThat(stored()).isEqualTo(names(1, 3, 6));
        assertThat(state.resolve("archived-segments")).doesNotExist();
        for (long number = 3; number <= 6; number++) {
            assertThat(archive(wal(1, number), 2).success()).isTrue();
        }
        assertThat(indexed()).isEqualTo(names(1, 3, 6));
    }

    @Test
    void recordThatCannotBeWrittenIsAWarningOnly() throws Exception {
        segments(1, 3, 4);
        Files.createDirectory(
                state, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        patience = Duration.ofMillis(100);
        try (LockFile held = LockFile.acquire(state.resolve("lock"))) {
            assertThat(archive(wal(1, 3), 8).success()).isTrue();
        }
        assertThat(warnings).singleElement().asString().contains("is not recorded");
        assertThat(archive(wal(1, 3), 8)).isInstanceOf(CloudArchiveResult.AlreadyArchived.class);
        assertThat(indexed()).isEqualTo(names(1, 3, 4));
    }

    @Test
    void tornLastLineOfTheIndexIsRepaired() throws Exception {
        segments(1, 3, 6);
        archive(wal(1, 3), 2);
        Path index = state.resolve("main-xlog.db");
        byte[] whole = Files.readAllBytes(index);
        Files.write(index, Arrays.copyOf(whole, whole.length - 30));
        archive(wal(1, 5), 2);
        assertThat(indexed()).containsExactly(name(1, 3), name(1, 5), name(1, 6));
    }

    /** As when PostgreSQL is started again while a call of the former one is still under way. */
    @Test
    void callForASegmentThatAnotherCallIsArchivingAheadIndexesItOnce() throws Exception {
        segments(1, 3, 4);
        AtomicReference<CloudArchiveResult> other = new AtomicReference<>();
        AtomicInteger puts = new AtomicInteger();
        onPut = () -> {
            // The second one, of the segment ahead, before its answer.
            if (puts.incrementAndGet() == 2) {
                try {
                    put(key(1, 4), content(1, 4));
                    other.set(archive(wal(1, 4), 1));
                    store.delete(List.of(ObjectKey.of("p/main/wals/" + key(1, 4))));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };
        assertThat(archive(wal(1, 3), 2)).isInstanceOf(CloudArchiveResult.Archived.class);
        assertThat(other.get()).isInstanceOf(CloudArchiveResult.AlreadyArchived.class);
        assertThat(indexed()).containsExactly(name(1, 4), name(1, 3));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import static dev.barman.storage.cloud.archive.DataDirectory.content;
import static dev.barman.storage.cloud.archive.DataDirectory.name;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.object.ObjectKey;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.catalog.XlogDb;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionSettings;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Files whose name has another content in the store, and files that are not what their name says. */
class CloudWalArchiverConflictTest extends ArchiverFixture {
    @Test
    void segmentOfOtherContentIsCopiedToErrorsOnceAndFails() throws Exception {
        segments(1, 3, 5);
        put(key(1, 3), changed(content(1, 3)));
        for (int attempt = 0; attempt < 3; attempt++) {
            CloudArchiveResult.Conflict conflict = (CloudArchiveResult.Conflict) archive(wal(1, 3), 8);
            assertThat(conflict.success()).isFalse();
            assertThat(conflict.keptAs()).isEqualTo(state.resolve("errors/" + name(1, 3) + "." + STAMP + ".duplicate"));
            assertThat(conflict.keptAs()).hasBinaryContent(content(1, 3));
        }
        assertThat(inErrors()).hasSize(1);
        assertThat(wal(1, 3)).hasBinaryContent(content(1, 3));
        assertThat(stored()).containsExactly(name(1, 3));
        assertThat(indexed()).isEmpty();
        // Another content of the same second has a name of its own.
        Files.write(wal(1, 3), changed(changed(content(1, 3))));
        byte[] third = content(1, 3);
        third[99_999] ^= 1;
        Files.write(wal(1, 3), third);
        archive(wal(1, 3), 8);
        assertThat(inErrors())
                .containsExactly(name(1, 3) + "." + STAMP + ".1.duplicate", name(1, 3) + "." + STAMP + ".duplicate");
    }

    @Test
    void historyOfOtherContentFailsAndPartialToo() throws Exception {
        put("00000002.history", "1\t0/1\tother\n".getBytes(StandardCharsets.US_ASCII));
        Path history = data.file("00000002.history", "1\t0/2500000\tno reason\n");
        assertThat(archive(history, 8).success()).isFalse();

        String partial = name(1, 3) + ".partial";
        put(key(1, 3) + ".partial", changed(content(1, 3)));
        Files.write(data.wal(partial), content(1, 3));
        assertThat(archive(data.wal(partial), 8).success()).isFalse();
        assertThat(inErrors())
                .containsExactly(partial + "." + STAMP + ".duplicate", "00000002.history." + STAMP + ".duplicate");
    }

    @Test
    void labelOfOtherContentIsKeptAsideAndSucceeds() throws Exception {
        String name = name(1, 3) + ".00000028.backup";
        put(key(1, 3) + ".00000028.backup", new byte[] {'x'});
        CloudArchiveResult result = archive(data.file(name, "START WAL LOCATION\n"), 8);
        assertThat(result).isInstanceOf(CloudArchiveResult.Conflict.class);
        assertThat(result.success()).isTrue();
        assertThat(inErrors()).containsExactly(name + "." + STAMP + ".duplicate");
        assertThat(indexed()).isEmpty();
    }

    @Test
    void copyThatCannotBeKeptFailsTheCall() throws Exception {
        String name = name(1, 3) + ".00000028.backup";
        put(key(1, 3) + ".00000028.backup", new byte[] {'x'});
        Path label = data.file(name, "START WAL LOCATION\n");
        Files.createDirectory(
                state, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.createFile(state.resolve("errors"));
        assertThatThrownBy(() -> archive(label, 8)).isInstanceOf(NotRecordedException.class);
    }

    @Test
    void changedCompressionFindsTheOldObjectAndIndexesIt() throws Exception {
        segments(1, 3, 5);
        compression = CompressionSettings.of(CompressionAlgorithm.GZIP);
        try (CloudWalArchiver archiver = builder().build()) {
            archiver.archive(wal(1, 3), 1);
            archiver.archive(wal(1, 4), 1);
        }
        compression = CompressionSettings.of(CompressionAlgorithm.ZSTD);
        assertThat(archive(wal(1, 3), 8)).isInstanceOf(CloudArchiveResult.AlreadyArchived.class);

        assertThat(stored()).containsExactly(name(1, 3) + ".gz", name(1, 4) + ".gz", name(1, 5) + ".zst");
        List<WalEntry> entries = new XlogDb(state.resolve("main-xlog.db")).entries();
        assertThat(entries).extracting(WalEntry::compression).containsExactly("gzip", "gzip", "zstd");
        assertThat(entries.get(0).sizeBytes())
                .isEqualTo(store.stat(ObjectKey.of("p/main/wals/" + key(1, 3) + ".gz"))
                        .orElseThrow()
                        .sizeBytes());
    }

    // What is not the segment that it should be.

    @Test
    void segmentThatIsIncompleteOrMisnamedOrOfAnotherClusterIsKeptAsideAndFails() throws Exception {
        Path incomplete = Files.write(wal(1, 3), Arrays.copyOf(content(1, 3), 8192));
        assertThat(archive(incomplete, 8)).isInstanceOf(CloudArchiveResult.Unfit.class);
        Path misnamed = Files.write(wal(1, 4), content(1, 5));
        assertThat(archive(misnamed, 8)).isInstanceOf(CloudArchiveResult.Unfit.class);
        Path foreign = data.segment(1, 6);
        data.cluster(77);
        assertThat(archive(foreign, 8)).isInstanceOf(CloudArchiveResult.Unfit.class);

        assertThat(inErrors())
                .containsExactly(
                        name(1, 3) + "." + STAMP + ".unknown",
                        name(1, 4) + "." + STAMP + ".unknown",
                        name(1, 6) + "." + STAMP + ".unknown");
        assertThat(stored()).isEmpty();
    }
}

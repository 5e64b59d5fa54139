// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.message.RecordingMessages;
import dev.barman.storage.local.LocalWalStorage;
import dev.barman.wal.catalog.LockedXlogDb;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.catalog.XlogDb;
import dev.barman.wal.encrypt.WalCipher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecoveryExecutorTest {
    private static final int JOBS = 5;

    @TempDir
    Path directory;

    /** Goes on when so many are at work as files may be fetched at a time. */
    private static final class MeetingCipher implements WalCipher {
        private final CountDownLatch met = new CountDownLatch(JOBS);

        @Override
        public String id() {
            return "gpg";
        }

        @Override
        public void encrypt(Path source, Path encrypted) throws IOException {
            throw new IOException("not asked for");
        }

        @Override
        public void decrypt(Path source, Path decrypted) throws IOException {
            met.countDown();
            try {
                if (!met.await(10, TimeUnit.SECONDS)) {
                    throw new IOException("alone");
                }
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            Files.copy(source, decrypted);
        }
    }

    @Test
    void asManyWalFilesAtATimeAsThereAreJobs() throws Exception {
        Path archive = directory.resolve("wals");
        Path hashed = Files.createDirectories(archive.resolve("0000000100000000"));
        List<WalEntry> wals = new ArrayList<>();
        for (int number = 1; number <= JOBS; number++) {
            String name = "00000001000000000000000" + number;
            Files.writeString(hashed.resolve(name), name);
            wals.add(new WalEntry(name, name.length(), 0, null, "gpg"));
        }
        WalDelivery delivery = new WalDelivery(
                "main",
                LocalWalStorage.in(
                                archive,
                                new LockedXlogDb(new XlogDb(archive.resolve("main-xlog.db")), archive.resolve(".lock")))
                        .build(),
                null,
                Optional.of(new MeetingCipher()));
        Path target = directory.resolve("target");

        new RecoveryExecutor(new RecordingMessages(), delivery, JOBS)
                .execute(new RecoveryPlan(List.of(new RecoveryStep.CopyWals(
                        wals, target, wals.get(0).name().length()))));

        for (WalEntry wal : wals) {
            assertThat(target.resolve(wal.name())).hasContent(wal.name());
        }
    }
}

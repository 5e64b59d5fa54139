// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import static dev.barman.core.backup.CatalogFixture.backup;
import static dev.barman.core.backup.CatalogFixture.id;
import static dev.barman.core.backup.CatalogFixture.segment;
import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.message.RecordingMessages;
import dev.barman.wal.WalFileName;
import dev.barman.wal.storage.StoreListener;
import dev.barman.wal.storage.StoredWal;
import dev.barman.wal.storage.WalStorage;
import dev.barman.wal.storage.WalToStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A deletion killed with SIGKILL at each of its durable steps is completed by repeating it, and harms no other backup. */
@Timeout(120)
class DeleteKillTest {
    private static final String HALF_OF_THE_WALS = "HALF_OF_THE_WALS";

    @TempDir
    private Path home;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "MARKED",
                "DATA_REMOVED",
                "INDEX_REWRITTEN",
                HALF_OF_THE_WALS,
                "WALS_REMOVED",
                "DIRECTORY_REMOVED",
                "RECORD_REMOVED",
                "MARK_CLEARED"
            })
    void repeatedDeletionCompletesWhatAKillInterrupted(String step) throws Exception {
        CatalogFixture server = new CatalogFixture(home);
        server.add(backup(1, 2, 3));
        server.add(backup(2, 8, 9));
        server.archive(1, 12);
        server.archive(List.of("00000002.history"));
        BackupInfo kept = server.catalog().catalog().find(id(2)).orElseThrow();
        List<String> keptFiles = server.files("main/base/" + id(2));

        assertThat(deleteInAProcessThatDiesAt(step)).isEqualTo(137);

        assertThatOtherBackupIsWhole(server, kept, keptFiles);
        boolean recordIsGone = step.equals("RECORD_REMOVED") || step.equals("MARK_CLEARED");
        assertThat(server.catalog().catalog().find(id(1)).isEmpty()).isEqualTo(recordIsGone);
        assertThat(server.catalog().catalog().deleteMarker().isSet(id(1))).isEqualTo(!step.equals("MARK_CLEARED"));

        assertThat(server.deletion().delete(id(1))).isEqualTo(!recordIsGone);

        assertThatOtherBackupIsWhole(server, kept, keptFiles);
        assertThat(server.catalog().catalog().find(id(1))).isEmpty();
        assertThat(server.directories("main/base")).containsExactly(id(2).value());
        List<String> wals = new ArrayList<>(IntStream.rangeClosed(8, 12)
                .mapToObj(number -> segment(number).text())
                .toList());
        wals.add("00000002.history");
        assertThat(server.indexed()).isEqualTo(wals);
        assertThat(server.archived()).containsExactlyInAnyOrderElementsOf(wals);
        if (step.equals("RECORD_REMOVED")) {
            // A mark without a backup is a file that nobody looks at; the next deletion takes it away.
            server.add(backup(3, 10, 11));
            assertThat(server.deletion().delete(id(3))).isTrue();
        }
        assertThat(server.files("main/meta")).containsExactly(id(2) + "-backup.info");
    }

    private static void assertThatOtherBackupIsWhole(CatalogFixture server, BackupInfo kept, List<String> keptFiles)
            throws Exception {
        assertThat(server.catalog().catalog().find(id(2))).contains(kept);
        assertThat(server.files("main/base/" + id(2))).isEqualTo(keptFiles);
        for (int number = 8; number <= 12; number++) {
            assertThat(server.archived()).contains(segment(number).text());
            assertThat(server.indexed()).contains(segment(number).text());
        }
    }

    private int deleteInAProcessThatDiesAt(String step) throws IOException, InterruptedException {
        Path output = home.resolve("child.log");
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Child.class.getName(),
                        home.toString(),
                        step)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        int code = child.waitFor();
        assertThat(code).as(Files.readString(output)).isNotEqualTo(1);
        return code;
    }

    /** The process that is killed. */
    static final class Child {
        private Child() {}

        public static void main(String[] args) throws Exception {
            CatalogFixture server = new CatalogFixture(Path.of(args[0]));
            String fatal = args[1];
            WalStorage storage = server.storage();
            DeleteService deletion = server.deletion(
                    fatal.equals(HALF_OF_THE_WALS) ? new HalfDeleting(storage) : storage,
                    new RecordingMessages(),
                    step -> {
                        if (step.name().equals(fatal)) {
                            die();
                        }
                    });
            System.out.println("deleted: " + deletion.delete(id(1)));
        }

        private static void die() {
            try {
                new ProcessBuilder(
                                "kill",
                                "-9",
                                Long.toString(ProcessHandle.current().pid()))
                        .start()
                        .waitFor();
                Thread.sleep(10_000);
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** Deletes the first half of what it is told, then dies. */
    private record HalfDeleting(WalStorage storage) implements WalStorage {
        @Override
        public List<DeleteFailure> delete(Collection<? extends WalFileName> names) throws IOException {
            List<DeleteFailure> failures =
                    storage.delete(names.stream().limit(names.size() / 2).toList());
            Child.die();
            return failures;
        }

        @Override
        public void save(Iterator<WalToStore> wals, StoreListener listener) throws IOException {
            storage.save(wals, listener);
        }

        @Override
        public Optional<StoredWal> stat(WalFileName name) throws IOException {
            return storage.stat(name);
        }

        @Override
        public InputStream open(WalFileName name) throws IOException {
            return storage.open(name);
        }

        @Override
        public void list(StoredWalVisitor visitor) throws IOException {
            storage.list(visitor);
        }

        @Override
        public String locationOf(WalFileName name, @Nullable String compression) {
            return storage.locationOf(name, compression);
        }

        @Override
        public String location() {
            return storage.location();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.file.LockFile;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectStore;
import dev.barman.object.StorageException;
import dev.barman.storage.cloud.CloudLocation;
import dev.barman.storage.cloud.CloudProvider;
import dev.barman.storage.cloud.WalKeys;
import dev.barman.storage.cloud.archive.CloudArchiveResult;
import dev.barman.storage.cloud.archive.CloudWalArchiver;
import dev.barman.storage.cloud.s3.S3ObjectStore;
import dev.barman.storage.cloud.s3.S3Settings;
import dev.barman.wal.TestSegments;
import dev.barman.wal.archive.ArchiveListener;
import dev.barman.wal.archive.ArchiveResult;
import dev.barman.wal.archive.StateDirectory;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.catalog.XlogDb;
import dev.barman.wal.storage.WalToStore;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The archiver is ended with SIGKILL at each durable step; the calls that PostgreSQL makes next complete what it began. */
class CloudArchiveKillTest {
    private static final int KILLED = 128 + 9;
    private static final int PARALLEL = 4;
    private static final int FIRST = 3;
    private static final int LAST = 8;

    @TempDir
    Path directory;

    private TrainingStore store;

    /** Where the process ends. */
    enum Step {
        BEFORE_REQUESTED_IS_STORED,
        REQUESTED_IS_STORED,
        BEFORE_ONE_AHEAD_IS_STORED,
        ONE_AHEAD_IS_STORED,
        ALL_ARE_STORED,
        INDEX_IS_WRITTEN,
        RECORD_IS_WRITTEN
    }

    @BeforeEach
    void makeDataDirectory() throws IOException {
        Files.createDirectories(directory.resolve("data/pg_wal/archive_status"));
        Files.createDirectories(directory.resolve("data/global"));
        store = TrainingStore.start();
        Files.createDirectory(
                state(directory), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        ByteBuffer control =
                ByteBuffer.allocate(8192).order(ByteOrder.LITTLE_ENDIAN).putLong(0, TestSegments.SYSTEM_ID);
        Files.write(directory.resolve("data/global/pg_control"), control.array());
        for (int number = FIRST; number <= LAST; number++) {
            Files.write(wal(directory, number), content(number));
            Files.createFile(directory.resolve("data/pg_wal/archive_status/" + name(number) + ".ready"));
        }
    }

    @AfterEach
    void stopStore() throws IOException {
        store.close();
    }

    private static Path state(Path directory) {
        return directory.resolve("state");
    }

    private static String name(int number) {
        return String.format("0000000100000000%08X", number);
    }

    private static Path wal(Path directory, int number) {
        return directory.resolve("data/pg_wal").resolve(name(number));
    }

    private static byte[] content(int number) {
        return TestSegments.segment(1, (long) number * TestSegments.MIB, TestSegments.MIB);
    }

    private static ObjectStore bucket(String endpoint) throws StorageException {
        return S3ObjectStore.open("training", new S3Settings(URI.create(endpoint), null, null, null, null));
    }

    private static CloudWalArchiver.Builder archiver(Path directory, CloudWalArchiver.StoreOpener stores) {
        WalKeys keys = new WalKeys(CloudLocation.parse("s3://training/p", CloudProvider.AWS_S3), "main");
        return CloudWalArchiver.builder(stores, keys)
                .patience(Duration.ofSeconds(30))
                .state(new StateDirectory(state(directory)), "main", "here");
    }

    /** The process that is ended. */
    static final class Victim {
        private Victim() {}

        public static void main(String[] args) throws Exception {
            Path directory = Path.of(args[0]);
            Step step = Step.valueOf(args[1]);
            ObjectStore remote = bucket(args[2]);
            ObjectStore store = (ObjectStore) Proxy.newProxyInstance(
                    Victim.class.getClassLoader(), new Class<?>[] {ObjectStore.class}, (proxy, method, arguments) -> {
                        String name = method.getName().equals("put") ? ((ObjectKey) arguments[0]).name() : "";
                        boolean requested = name.equals(name(FIRST));
                        boolean ahead = name.equals(name(FIRST + 2));
                        dieIf(requested && step == Step.BEFORE_REQUESTED_IS_STORED);
                        dieIf(ahead && step == Step.BEFORE_ONE_AHEAD_IS_STORED);
                        Object result;
                        try {
                            result = method.invoke(remote, arguments);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                        dieIf(requested && step == Step.REQUESTED_IS_STORED);
                        dieIf(ahead && step == Step.ONE_AHEAD_IS_STORED);
                        return result;
                    });
            ArchiveListener listener = new ArchiveListener() {
                @Override
                public void before(WalToStore wal) {}

                @Override
                public void after(WalToStore wal, ArchiveResult result) {
                    dieIf(step == Step.RECORD_IS_WRITTEN);
                }
            };
            try (CloudWalArchiver archiver =
                    archiver(directory, () -> store).listener(listener).build()) {
                archiver.archive(wal(directory, FIRST), PARALLEL);
            }
        }

        private static void dieIf(boolean now) {
            if (now) {
                try {
                    String pid = Long.toString(ProcessHandle.current().pid());
                    new ProcessBuilder("kill", "-KILL", pid).start().waitFor();
                    Thread.sleep(60_000);
                } catch (IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        }
    }

    private List<String> stored() throws IOException {
        try (ObjectStore bucket = bucket(store.endpoint().toString())) {
            return bucket.listAll("p/").stream()
                    .map(object -> object.key().name())
                    .toList();
        }
    }

    private List<String> indexed() throws IOException {
        return new XlogDb(state(directory).resolve("main-xlog.db"))
                .entries().stream().map(WalEntry::name).toList();
    }

    private void runAndKill(Step step) throws Exception {
        // What the process waits for is held here, so that it stands exactly there when it is ended.
        String lock = step == Step.INDEX_IS_WRITTEN ? "lock" : ".main-xlogdb.lock";
        boolean held = step == Step.INDEX_IS_WRITTEN || step == Step.ALL_ARE_STORED;
        try (LockFile waitedFor = held ? LockFile.acquire(state(directory).resolve(lock)) : null) {
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            "-Daws.accessKeyId=a",
                            "-Daws.secretAccessKey=b",
                            Victim.class.getName(),
                            directory.toString(),
                            step.name(),
                            store.endpoint().toString())
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("victim.log").toFile())
                    .start();
            for (int i = 0; held && i < 400 && process.isAlive(); i++) {
                boolean there =
                        step == Step.INDEX_IS_WRITTEN ? indexed().size() == PARALLEL : stored().size() == PARALLEL;
                if (there) {
                    process.destroyForcibly();
                }
                Thread.sleep(25);
            }
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue())
                    .as(Files.readString(directory.resolve("victim.log")))
                    .isEqualTo(KILLED);
        }
    }

    @ParameterizedTest
    @EnumSource(Step.class)
    void nextCallsCompleteWhatWasBegun(Step step) throws Exception {
        runAndKill(step);
        boolean recorded = step == Step.RECORD_IS_WRITTEN;
        boolean indexed = recorded || step == Step.INDEX_IS_WRITTEN;
        assertThat(indexed()).hasSize(indexed ? PARALLEL : 0);
        assertThat(Files.exists(state(directory).resolve("archived-segments"))).isEqualTo(recorded);
        assertThat(stored()).containsAll(indexed());

        List<String> all = new ArrayList<>();
        try (ObjectStore bucket = bucket(store.endpoint().toString())) {
            for (int number = FIRST; number <= LAST; number++) {
                all.add(name(number));
                try (CloudWalArchiver archiver = archiver(
                                directory, () -> bucket(store.endpoint().toString()))
                        .build()) {
                    CloudArchiveResult result = archiver.archive(wal(directory, number), PARALLEL);
                    assertThat(result.success()).as(name(number)).isTrue();
                    if (recorded && number < FIRST + PARALLEL) {
                        assertThat(result).isInstanceOf(CloudArchiveResult.Recorded.class);
                    }
                }
            }
            for (int number = FIRST; number <= LAST; number++) {
                ObjectKey key = ObjectKey.of("p/main/wals/0000000100000000/" + name(number));
                assertThat(bucket.open(key).readAllBytes()).isEqualTo(content(number));
            }
        }
        assertThat(indexed()).isEqualTo(all);
        assertThat(stored()).isEqualTo(all);
        assertThat(state(directory).toFile().list())
                .containsExactlyInAnyOrder("archived-segments", "lock", "main-xlog.db", ".main-xlogdb.lock");
    }
}

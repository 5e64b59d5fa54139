// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.object.ObjectStore;
import dev.barman.storage.cloud.s3.S3ObjectStore;
import dev.barman.storage.cloud.s3.S3Settings;
import dev.barman.storage.cloud.s3.S3TestServer;
import dev.barman.wal.WalFileName;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.storage.SampleWals;
import dev.barman.wal.storage.StoreOutcome;
import dev.barman.wal.storage.WalToStore;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The contract on a real S3 server; and processes that are killed between the steps of a save. */
class CloudWalStorageIT extends BucketContract {
    private static final AtomicInteger BUCKETS = new AtomicInteger();

    @TempDir
    static Path serverDirectory;

    private static S3TestServer server;

    private String bucketName = "";

    CloudWalStorageIT() {
        super(CompressionAlgorithm.GZIP);
    }

    @BeforeAll
    static void startServer() throws Exception {
        server =
                S3TestServer.start(Path.of(Objects.requireNonNull(System.getProperty("s3proxy.jar"))), serverDirectory);
    }

    @AfterAll
    static void stopServer() throws Exception {
        server.close();
    }

    @AfterEach
    void closeStore() {
        store.close();
    }

    private static ObjectStore open(URI endpoint, String bucketName) throws IOException {
        return S3ObjectStore.open(bucketName, new S3Settings(endpoint, null, null, null, null));
    }

    @Override
    ObjectStore emptyStore() throws IOException {
        bucketName = "wals-" + BUCKETS.incrementAndGet();
        ObjectStore empty = open(server.endpoint(), bucketName);
        empty.createContainer();
        return empty;
    }

    @ParameterizedTest
    @EnumSource(SaveStep.class)
    void killedAtEachStepARepetitionHeals(SaveStep step) throws Exception {
        List<WalToStore> wals = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            wals.add(SampleWals.describe(SampleWals.write(sources, SampleWals.name(i), SampleWals.content(i, 30_000))));
        }
        Process child = new ProcessBuilder(
                        System.getProperty("java.home") + "/bin/java",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-Daws.accessKeyId=" + S3TestServer.ACCESS_KEY,
                        "-Daws.secretAccessKey=" + S3TestServer.SECRET_KEY,
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Child.class.getName(),
                        server.endpoint().toString(),
                        bucketName,
                        directory.toString(),
                        sources.toString(),
                        step.name(),
                        SampleWals.name(9))
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("child.log").toFile())
                .start();
        assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(child.exitValue())
                .describedAs(Files.readString(directory.resolve("child.log")))
                .isEqualTo(128 + 9);
        List<String> indexed = bucket.indexed();
        assertThat(indexed).isSubsetOf(names(wals)).isSorted();
        for (String name : indexed) {
            assertThat(bucket.storage(store, CompressionAlgorithm.GZIP).exists(WalFileName.parse(name)))
                    .isTrue();
        }
        assertThat(indexed.contains(SampleWals.name(9))).isEqualTo(step == SaveStep.INDEXED);

        List<StoreOutcome> outcomes = new ArrayList<>();
        CloudWalStorage storage = bucket.storage(store, CompressionAlgorithm.GZIP);
        storage.save(wals.iterator(), outcomes::addAll);

        assertThat(outcomes).hasSize(20).noneMatch(outcome -> outcome instanceof StoreOutcome.DifferentDuplicate);
        assertThat(bucket.indexed()).isEqualTo(names(wals));
        for (WalToStore wal : wals) {
            try (InputStream stored = storage.open(wal.name())) {
                assertThat(plainContent(stored, wal.name())).isEqualTo(Files.readAllBytes(wal.file()));
            }
        }
    }

    private static List<String> names(List<WalToStore> wals) {
        return wals.stream().map(wal -> wal.name().text()).toList();
    }

    /** Saves all files of a directory, and ends itself with {@code kill -9} when one has reached a step. */
    public static final class Child {
        private Child() {}

        /** Arguments: endpoint, bucket, directory of the index, sources, step, name. */
        public static void main(String[] arguments) throws Exception {
            ObjectStore store = open(URI.create(arguments[0]), arguments[1]);
            CloudWalStorage storage = new BucketFixture(Path.of(arguments[2]))
                    .storage(store, CompressionAlgorithm.GZIP, (step, name) -> {
                        if (step.name().equals(arguments[4]) && name.equals(arguments[5])) {
                            killThisProcess();
                        }
                    });
            List<WalToStore> wals = new ArrayList<>();
            try (var files = Files.list(Path.of(arguments[3]))) {
                for (Path file : files.sorted().toList()) {
                    wals.add(SampleWals.describe(file));
                }
            }
            storage.save(wals.iterator(), outcomes -> {});
        }

        private static void killThisProcess() {
            try {
                new ProcessBuilder(
                                "kill",
                                "-9",
                                Long.toString(ProcessHandle.current().pid()))
                        .inheritIO()
                        .start();
                TimeUnit.SECONDS.sleep(60);
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
            throw new IllegalStateException("survived kill -9");
        }
    }
}

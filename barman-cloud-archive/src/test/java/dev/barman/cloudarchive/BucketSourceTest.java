// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.object.MemoryObjectStore;
import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectKey;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import dev.barman.storage.cloud.CloudLocation;
import dev.barman.storage.cloud.CloudProvider;
import dev.barman.storage.cloud.WalKeys;
import dev.barman.wal.TestSegments;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.prefetch.SegmentSource;
import dev.barman.wal.prefetch.SegmentSource.Outcome;
import dev.barman.wal.spool.WalSpool;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class BucketSourceTest {
    private static final String URL = "s3://bucket/p";
    private static final CloudLocation LOCATION = CloudLocation.parse(URL, CloudProvider.AWS_S3);
    private static final WalKeys KEYS = new WalKeys(LOCATION, "main");

    @TempDir
    Path directory;

    private final MemoryObjectStore memory = new MemoryObjectStore();
    private final BlockingQueue<SegmentSource.Result> results = new LinkedBlockingQueue<>();
    private WalSpool spool;

    @BeforeEach
    void makeSpool() throws IOException {
        spool = new WalSpool(directory.resolve("spool"), TestSegments.SYSTEM_ID);
        spool.create(directory.resolve("spool"));
    }

    private static WalSegmentName name(int number) {
        return WalSegmentName.parse(String.format("0000000100000000%08X", number));
    }

    private static byte[] segment(int number) {
        return TestSegments.segment(1, (long) number * TestSegments.MIB, TestSegments.MIB);
    }

    private void put(int number, String suffix, byte[] content) throws IOException {
        memory.put(
                ObjectKey.of(KEYS.key(name(number), null).value() + suffix),
                ObjectContent.of(content),
                PutOptions.OVERWRITE);
    }

    private BucketSource source(PassingObjectStore store, boolean partial, int jobs) {
        BucketSource source = new BucketSource(store, KEYS, partial, jobs, spool, results::add);
        source.start();
        return source;
    }

    private SegmentSource.Result next() throws InterruptedException {
        SegmentSource.Result result = results.poll(30, TimeUnit.SECONDS);
        assertThat(result).isNotNull();
        return result;
    }

    @Test
    void severalAreFetchedAtTheSameTime() throws Exception {
        CountDownLatch atOnce = new CountDownLatch(4);
        PassingObjectStore store = new PassingObjectStore(memory) {
            @Override
            public InputStream open(ObjectKey key) throws StorageException {
                if (WalSegmentName.parse(key.name().substring(0, 24)).text().equals(key.name())) {
                    atOnce.countDown();
                    try {
                        // Nobody gets through before four are here.
                        assertThat(atOnce.await(20, TimeUnit.SECONDS)).isTrue();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                }
                return super.open(key);
            }
        };
        Map<WalSegmentName, Outcome> outcomes = new HashMap<>();
        try (BucketSource source = source(store, true, 4)) {
            assertThat(source.depth()).isEqualTo(4);
            for (int i = 1; i <= 4; i++) {
                put(i, "", segment(i));
                source.request(name(i));
            }
            for (int i = 1; i <= 4; i++) {
                SegmentSource.Result result = next();
                outcomes.put(result.name(), result.outcome());
            }
        }
        assertThat(outcomes).hasSize(4).containsValue(Outcome.READY).doesNotContainValue(Outcome.FAILED);
        for (int i = 1; i <= 4; i++) {
            assertThat(spool.directory().resolve(name(i).text())).hasBinaryContent(segment(i));
        }
        assertThat(spool.directory().toFile().list()).hasSize(4);
    }

    @Test
    void absentIsSaidOnlyWhereThereIsNothingToDeliver() throws Exception {
        try (BucketSource source = source(new PassingObjectStore(memory), true, 2)) {
            source.request(name(1));
            assertThat(next().outcome()).isEqualTo(Outcome.ABSENT);
            put(1, ".partial", segment(1));
            source.request(name(1));
            SegmentSource.Result result = next();
            assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
            assertThat(result.message()).contains("partial");
        }
        try (BucketSource source = source(new PassingObjectStore(memory), false, 2)) {
            source.request(name(1));
            assertThat(next().outcome()).isEqualTo(Outcome.ABSENT);
        }
        assertThat(spool.directory()).isEmptyDirectory();
    }

    @Test
    void whatIsWrongInAnyWayFailsAndDoesNotComeIntoTheSpool() throws Exception {
        put(1, "", segment(2));
        put(2, ".gz", segment(2));
        put(3, "", segment(3));
        byte[] other = segment(3);
        other[70_000] ^= 1;
        byte[] lz4 = other;
        put(3, ".snappy", lz4);
        put(4, "", new byte[0]);
        PassingObjectStore store = new PassingObjectStore(memory) {
            @Override
            public InputStream open(ObjectKey key) throws StorageException {
                if (key.name().endsWith("05")) {
                    throw new StorageException("no answer", StorageException.Reason.UNREACHABLE, true, null);
                }
                if (key.name().endsWith("06")) {
                    throw new OutOfMemoryError("for this test");
                }
                return super.open(key);
            }
        };
        try (BucketSource source = source(store, true, 2)) {
            for (int i = 1; i <= 6; i++) {
                source.request(name(i));
                assertThat(next()).as("segment " + i).satisfies(result -> {
                    assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
                    assertThat(result.message()).isNotEmpty();
                });
            }
        }
        assertThat(spool.directory()).isEmptyDirectory();
    }

    @Test
    void programFetchesAheadFromABucket() throws Exception {
        for (int i = 1; i <= 5; i++) {
            put(i, "", segment(i));
        }
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        Thread taker = new Thread(() -> {
            for (int i = 2; i <= 5; i++) {
                Path file = spool.directory().resolve(name(i).text());
                for (int wait = 0; wait < 2000 && !Files.exists(file); wait++) {
                    try {
                        Thread.sleep(5);
                    } catch (InterruptedException e) {
                        return;
                    }
                }
                assertThat(file.toFile()
                                .renameTo(directory.resolve("taken-" + i).toFile()))
                        .isTrue();
            }
        });
        taker.start();
        int code = WalPrefetchMain.run(
                new String[] {
                    "--directory=" + spool.directory(),
                    "--system-id=" + Long.toUnsignedString(TestSegments.SYSTEM_ID),
                    "--segment-size=" + TestSegments.MIB,
                    "--parallel=3",
                    "--idle=20000",
                    "--no-partial",
                    URL,
                    "main",
                    name(1).text()
                },
                new PrintStream(log, true),
                (location, settings) -> {
                    assertThat(location).isEqualTo(LOCATION);
                    return memory;
                });
        taker.join();
        assertThat(code).isZero();
        assertThat(log.toString(StandardCharsets.UTF_8)).contains("ended: the archive has no more");
        for (int i = 2; i <= 5; i++) {
            assertThat(directory.resolve("taken-" + i)).hasBinaryContent(segment(i));
        }
        assertThat(spool.directory().toFile().list()).containsExactly("prefetch.lock");
    }

    @Test
    void programWithWrongArgumentsEndsWithOne() {
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        assertThat(WalPrefetchMain.run(
                        new String[] {"file://x", "main", name(1).text()},
                        new PrintStream(log, true),
                        (location, settings) -> memory))
                .isEqualTo(1);
        assertThat(log.toString(StandardCharsets.UTF_8)).contains("wrong arguments: ");
    }
}

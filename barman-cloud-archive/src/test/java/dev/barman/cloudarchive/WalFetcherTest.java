// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.barman.object.MemoryObjectStore;
import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectNotFoundException;
import dev.barman.object.ObjectStore;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import dev.barman.storage.cloud.CloudLocation;
import dev.barman.storage.cloud.CloudProvider;
import dev.barman.storage.cloud.WalKeys;
import dev.barman.wal.TestSegments;
import dev.barman.wal.WalFileName;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Files with several objects, and a store that lists what it does not give. */
@Timeout(60)
class WalFetcherTest {
    private static final String WAL = "000000010000000000000003";
    private static final String SEGMENT_KEY = "p/main/wals/0000000100000000/" + WAL;
    private static final String HISTORY_KEY = "p/main/wals/00000002.history";
    private static final byte[] HISTORY = "1\t0/3000000\tno reason\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] OTHER = "1\t0/4000000\tno reason\n".getBytes(StandardCharsets.US_ASCII);

    private final MemoryObjectStore memory = new MemoryObjectStore();
    private final ByteArrayOutputStream fetched = new ByteArrayOutputStream();
    private final List<String> warnings = new ArrayList<>();

    private void put(String key, byte[] content) throws IOException {
        memory.put(ObjectKey.of(key), ObjectContent.of(content), PutOptions.OVERWRITE);
    }

    private static byte[] compressed(CompressionAlgorithm algorithm, byte[] content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream stream =
                WalCodec.of(CompressionSettings.of(algorithm)).compressing(bytes)) {
            stream.write(content);
        }
        return bytes.toByteArray();
    }

    private WalFetcher.@Nullable Fetched fetch(ObjectStore store, String name) throws IOException {
        WalKeys keys = new WalKeys(CloudLocation.parse("s3://b/p", CloudProvider.AWS_S3), "main");
        try (WalFinder finder = new WalFinder(store, keys, 1)) {
            WalFetcher.Sink sink = new WalFetcher.Sink() {
                @Override
                public void restart() {
                    fetched.reset();
                }

                @Override
                public void write(byte[] bytes, int offset, int length) {
                    fetched.write(bytes, offset, length);
                }
            };
            return new WalFetcher(store, finder).fetch(WalFileName.parse(name), true, sink, warnings::add);
        }
    }

    @Test
    void historyOfTwoContentsIsFetchedInAFixedOrderAndReported() throws Exception {
        put(HISTORY_KEY, HISTORY);
        put(HISTORY_KEY + ".gz", compressed(CompressionAlgorithm.GZIP, OTHER));

        WalFetcher.Fetched result = fetch(memory, "00000002.history");

        assertThat(fetched.toByteArray()).isEqualTo(HISTORY);
        assertThat(result).isNotNull();
        assertThat(result.object().key().value()).isEqualTo(HISTORY_KEY);
        assertThat(result.conflict()).contains(HISTORY_KEY + " and " + HISTORY_KEY + ".gz", "different contents");
    }

    @Test
    void historyThatIsStoredTwiceWithOneContentIsNoConflict() throws Exception {
        put(HISTORY_KEY + ".zst", compressed(CompressionAlgorithm.ZSTD, HISTORY));
        put(HISTORY_KEY + ".gz", compressed(CompressionAlgorithm.GZIP, HISTORY));

        WalFetcher.Fetched result = fetch(memory, "00000002.history");

        assertThat(result).isNotNull();
        assertThat(result.object().key().value()).isEqualTo(HISTORY_KEY + ".gz");
        assertThat(result.conflict()).isNull();
    }

    @Test
    void partialSegmentsAreComparedWithEachOtherAndNotWithTheCompleteOne() throws Exception {
        byte[] segment = TestSegments.segment(1, 3L * TestSegments.MIB, TestSegments.MIB);
        put(SEGMENT_KEY + ".partial", segment);
        put(SEGMENT_KEY + ".partial.gz", compressed(CompressionAlgorithm.GZIP, OTHER));
        WalFetcher.Fetched partial = fetch(memory, WAL);
        assertThat(partial).isNotNull();
        assertThat(partial.conflict()).contains(WAL + ".partial and ", WAL + ".partial.gz");

        put(SEGMENT_KEY, segment);
        WalFetcher.Fetched complete = fetch(memory, WAL);
        assertThat(complete).isNotNull();
        assertThat(complete.conflict()).isNull();
    }

    /** Each of them would be waited for, for minutes, while the segment is there. */
    @Test
    void storeThatGoesSilentIsNotAskedForOtherFormsOfWhatIsThere() throws Exception {
        byte[] segment = TestSegments.segment(1, 3L * TestSegments.MIB, TestSegments.MIB);
        put(SEGMENT_KEY, segment);
        put(SEGMENT_KEY + ".zst", compressed(CompressionAlgorithm.ZSTD, OTHER));
        WalFetcher.Fetched heard = fetch(memory, WAL);
        assertThat(heard).isNotNull();
        assertThat(heard.conflict()).contains(SEGMENT_KEY + ".zst");
        fetched.reset();

        WalFetcher.Fetched result = fetch(
                new PassingObjectStore(memory) {
                    @Override
                    public InputStream open(ObjectKey key) throws StorageException {
                        if (key.value().endsWith(".gz")) {
                            throw new StorageException("no answer", StorageException.Reason.UNREACHABLE, true, null);
                        }
                        return super.open(key);
                    }
                },
                WAL);

        assertThat(result).isNotNull();
        assertThat(fetched.toByteArray()).isEqualTo(segment);
        assertThat(result.conflict()).isNull();
    }

    /** Taken for absent, it would end a recovery early. */
    @Test
    void objectThatIsListedAndNotGivenIsAFailureThatMayPass() throws Exception {
        put(SEGMENT_KEY, HISTORY);
        put(HISTORY_KEY, HISTORY);
        ObjectStore hiding = new PassingObjectStore(memory) {
            @Override
            public InputStream open(ObjectKey key) throws StorageException {
                throw new ObjectNotFoundException(key, null);
            }
        };
        for (String name : List.of(WAL, "00000002.history")) {
            assertThatThrownBy(() -> fetch(hiding, name))
                    .as(name)
                    .isInstanceOfSatisfying(
                            StorageException.class,
                            e -> assertThat(e.retryable()).isTrue())
                    .hasMessageContaining(name)
                    .hasMessageContaining("does not give it");
        }
        assertThat(fetch(hiding, "00000003.history")).isNull();
        assertThat(fetched.size()).isZero();
    }

    /** Nothing but the decompressor itself frees its memory, which is outside of the heap. */
    @Test
    void decompressorsAreClosed() throws Exception {
        Path status = Path.of("/proc/self/status");
        assumeTrue(Files.isReadable(status), "no /proc");
        put(
                SEGMENT_KEY + ".zst",
                compressed(
                        CompressionAlgorithm.ZSTD, TestSegments.segment(1, 3L * TestSegments.MIB, TestSegments.MIB)));
        fetch(memory, WAL);
        long before = residentKib(status);
        for (int i = 0; i < 400; i++) {
            fetched.reset();
            assertThat(fetch(memory, WAL)).isNotNull();
        }
        assertThat(residentKib(status) - before).as("growth in KiB").isLessThan(250 << 10);
    }

    private static long residentKib(Path status) throws IOException {
        // The collector's work is not what is looked for.
        System.gc();
        for (String line : Files.readAllLines(status)) {
            if (line.startsWith("RssAnon:")) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        throw new IOException("no RssAnon in " + status);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.object.MemoryObjectStore;
import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectStore;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import dev.barman.storage.cloud.CloudLocation;
import dev.barman.storage.cloud.CloudProvider;
import dev.barman.storage.cloud.WalKeys;
import dev.barman.wal.TestSegments;
import dev.barman.wal.WalFileName;
import dev.barman.wal.archive.FileStamp;
import dev.barman.wal.archive.UnfitSegmentException;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import dev.barman.wal.storage.StoreOutcome;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WalUploaderTest {
    private static final WalFileName NAME = WalFileName.parse("000000010000000000000003");
    private static final String KEY = "p/main/wals/0000000100000000/000000010000000000000003";
    private static final byte[] SEGMENT = TestSegments.segment(1, 3L * TestSegments.MIB, TestSegments.MIB);

    @TempDir
    Path directory;

    private final MemoryObjectStore store = new MemoryObjectStore();
    private final WalKeys keys = new WalKeys(CloudLocation.parse("s3://b/p", CloudProvider.AWS_S3), "main");
    private Path file;

    @BeforeEach
    void setUp() throws IOException {
        file = Files.write(directory.resolve(NAME.text()), SEGMENT);
    }

    private WalUploader uploader(@Nullable CompressionAlgorithm algorithm) {
        return new WalUploader(
                store, keys, algorithm == null ? null : CompressionSettings.of(algorithm), Map.of("k", "v"), Map.of());
    }

    private static byte[] compressed(CompressionAlgorithm algorithm, byte[] content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = WalCodec.of(CompressionSettings.of(algorithm)).compressing(bytes)) {
            out.write(content);
        }
        return bytes.toByteArray();
    }

    private byte[] uncompressed(CompressionAlgorithm algorithm, String key) throws IOException {
        return WalCodec.of(CompressionSettings.of(algorithm))
                .decompressing(store.open(ObjectKey.of(key)))
                .readAllBytes();
    }

    private void put(String key, byte[] content) throws IOException {
        store.put(ObjectKey.of(key), ObjectContent.of(content), PutOptions.OVERWRITE);
    }

    private List<String> stored() throws StorageException {
        return store.listAll("").stream().map(o -> o.key().value()).toList();
    }

    private static byte[] other() {
        byte[] other = SEGMENT.clone();
        other[SEGMENT.length - 1] ^= 1;
        return other;
    }

    private void assertStored(@Nullable CompressionAlgorithm algorithm, String kind, String key) throws Exception {
        StoreOutcome outcome = uploader(algorithm).store(NAME, file);
        assertThat(outcome.getClass().getSimpleName()).startsWith(kind);
        assertThat(outcome.location()).isEqualTo("s3://b/" + key);
        long size = store.stat(ObjectKey.of(key)).orElseThrow().sizeBytes();
        String suffix = key.substring(KEY.length());
        assertThat(outcome.entry().name()).isEqualTo(NAME.text());
        assertThat(outcome.entry().sizeBytes()).isEqualTo(size);
        assertThat(suffix)
                .isEqualTo(WalKeys.suffix(CompressionAlgorithm.fromId(
                                String.valueOf(outcome.entry().compression()))
                        .orElse(null)));
        assertThat(outcome.entry().time())
                .isEqualTo(WalEntry.epochSeconds(Files.getLastModifiedTime(file).toInstant()));
    }

    @Test
    void plainFileIsStoredUnderItsKeyWithItsTags() throws Exception {
        assertStored(null, "Stored", KEY);

        assertThat(stored()).containsExactly(KEY);
        assertThat(store.open(ObjectKey.of(KEY)).readAllBytes()).isEqualTo(SEGMENT);
        assertThat(store.tags(ObjectKey.of(KEY))).isEqualTo(Map.of("k", "v"));
    }

    @ParameterizedTest
    @EnumSource(
            value = CompressionAlgorithm.class,
            names = {"GZIP", "BZIP2", "XZ", "ZSTD", "LZ4", "SNAPPY"})
    void compressedFileHasTheSuffixAndIsFoundAgain(CompressionAlgorithm algorithm) throws Exception {
        String key = KEY + WalKeys.suffix(algorithm);

        assertStored(algorithm, "Stored", key);
        assertThat(uncompressed(algorithm, key)).isEqualTo(SEGMENT);

        assertStored(algorithm, "Identical", key);
        assertThat(stored()).containsExactly(key);
        assertThat(directory.toFile().list()).containsExactly(NAME.text());
    }

    @Test
    void otherCompressionOfTheSameContentIsAsGood() throws Exception {
        put(KEY + ".zst", compressed(CompressionAlgorithm.ZSTD, SEGMENT));

        assertStored(CompressionAlgorithm.GZIP, "Identical", KEY + ".zst");
        assertStored(null, "Identical", KEY + ".zst");
        assertThat(stored()).containsExactly(KEY + ".zst");
    }

    @Test
    void differentContentIsNeverReplaced() throws Exception {
        put(KEY + ".gz", compressed(CompressionAlgorithm.GZIP, other()));

        for (CompressionAlgorithm algorithm :
                Arrays.asList(null, CompressionAlgorithm.GZIP, CompressionAlgorithm.LZ4)) {
            assertStored(algorithm, "Different", KEY + ".gz");
        }
        assertThat(stored()).containsExactly(KEY + ".gz");
        assertThat(uncompressed(CompressionAlgorithm.GZIP, KEY + ".gz")).isEqualTo(other());
    }

    @Test
    void newFileCostsSixQuestionsAndOneWriteAndNoListing() throws Exception {
        List<String> requests = Collections.synchronizedList(new ArrayList<>());
        ObjectStore counted = (ObjectStore) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {ObjectStore.class}, (proxy, method, arguments) -> {
                    requests.add(method.getName());
                    return method.invoke(store, arguments);
                });

        new WalUploader(counted, keys, null, Map.of(), Map.of()).store(NAME, file);

        assertThat(requests).containsExactly("stat", "stat", "stat", "stat", "stat", "stat", "put");
    }

    @Test
    void fileThatChangesWhileItIsReadIsNotSent() throws Exception {
        FileStamp stamp = FileStamp.of(file);
        byte[] recycled = TestSegments.segment(1, 9L * TestSegments.MIB, TestSegments.MIB);
        Files.move(file, directory.resolve("recycled"));
        Files.write(directory.resolve("recycled"), recycled);
        assertThatThrownBy(() -> uploader(null).store(NAME, file, stamp)).isInstanceOf(NoSuchFileException.class);
        Files.write(file, SEGMENT);
        assertThatThrownBy(() -> uploader(CompressionAlgorithm.GZIP).store(NAME, file, stamp))
                .hasMessageContaining("was changed while it was read");
        assertThat(stored()).isEmpty();
    }

    @Test
    void differentContentBesideTheSameIsReportedWhicheverIsOurs() throws Exception {
        put(KEY, SEGMENT);
        put(KEY + ".lz4", compressed(CompressionAlgorithm.LZ4, other()));

        assertStored(CompressionAlgorithm.LZ4, "Different", KEY + ".lz4");
        assertStored(CompressionAlgorithm.GZIP, "Different", KEY + ".lz4");
    }

    @Test
    void differentContentBesideTheSameIsReported() throws Exception {
        put(KEY, SEGMENT);
        put(KEY + ".lz4", compressed(CompressionAlgorithm.LZ4, other()));

        assertStored(null, "Different", KEY + ".lz4");
    }

    @Test
    void longerObjectWithTheSameBeginningIsDifferent() throws Exception {
        put(KEY, Arrays.copyOf(SEGMENT, SEGMENT.length + 1));

        assertThat(uploader(null).store(NAME, file)).isInstanceOf(StoreOutcome.DifferentDuplicate.class);
    }

    @Test
    void objectsThatOnlyBeginLikeTheNameDoNotMatter() throws Exception {
        put(KEY + ".partial", other());
        put(KEY + ".00000028.backup", other());
        put(KEY + ".bogus", other());

        assertThat(uploader(null).store(NAME, file)).isInstanceOf(StoreOutcome.Stored.class);
        assertThat(stored()).hasSize(4).contains(KEY);
    }

    @Test
    void overwriteReplacesWhateverIsThere() throws Exception {
        put(KEY, other());

        assertThat(uploader(null).overwrite(NAME, file)).isInstanceOf(StoreOutcome.Stored.class);
        assertThat(store.open(ObjectKey.of(KEY)).readAllBytes()).isEqualTo(SEGMENT);
    }

    @Test
    void fileThatIsNotTheSegmentIsNotSent() throws Exception {
        Files.write(file, Arrays.copyOf(SEGMENT, 8192));
        assertThatThrownBy(() -> uploader(null).store(NAME, file))
                .isInstanceOf(UnfitSegmentException.class)
                .hasMessageContaining("it has 8192 bytes where its header announces 1048576");
        Files.write(file, TestSegments.segment(1, 4L * TestSegments.MIB, TestSegments.MIB));
        assertThatThrownBy(() -> uploader(CompressionAlgorithm.LZ4).store(NAME, file))
                .isInstanceOf(UnfitSegmentException.class);
        assertThat(stored()).isEmpty();
    }

    @Test
    void historyAndLabelAreStoredAsTheyAre() throws Exception {
        Files.writeString(file, "1\t0/3000000\tno reason\n");

        uploader(CompressionAlgorithm.GZIP).store(WalFileName.parse("00000002.history"), file);
        uploader(null).store(WalFileName.parse(NAME.text() + ".00000028.backup"), file);

        assertThat(stored()).containsExactly(KEY + ".00000028.backup", "p/main/wals/00000002.history.gz");
    }
}

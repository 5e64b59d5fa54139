// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.object.MemoryObjectStore;
import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectPage;
import dev.barman.object.ObjectStore;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import dev.barman.wal.TestSegments;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import dev.barman.wal.restore.PrivateExit;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which object is taken for a WAL file, what is delivered, and how the command ends. */
@Timeout(60)
class CloudWalRestoreMainTest {
    private static final String WAL = "000000010000000000000003";
    private static final String LABEL = WAL + ".00000028.backup";
    private static final String DIRECTORY = "p/main/wals/0000000100000000/";
    private static final byte[] SEGMENT = TestSegments.segment(1, 3L * TestSegments.MIB, TestSegments.MIB);
    private static final byte[] OTHER = changed(SEGMENT);

    @TempDir
    Path directory;

    private final MemoryObjectStore memory = new MemoryObjectStore();
    private ObjectStore store = memory;
    private String out = "";
    private String err = "";

    private static byte[] changed(byte[] segment) {
        byte[] other = segment.clone();
        other[100_000] ^= 1;
        return other;
    }

    private Path destination() {
        return directory.resolve("RECOVERYXLOG");
    }

    private int run(String... args) {
        ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
        ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
        int code = CloudWalRestoreMain.run(
                args,
                new PrintStream(outBytes, true),
                new PrintStream(errBytes, true),
                (location, settings) -> new PassingObjectStore(store) {
                    @Override
                    public void close() {
                        // It is used by the next run.
                    }
                },
                List.of());
        out = outBytes.toString(StandardCharsets.UTF_8);
        err = errBytes.toString(StandardCharsets.UTF_8);
        return code;
    }

    private int restore(String name, String... options) {
        List<String> args = new ArrayList<>(Arrays.asList(options));
        args.addAll(List.of("s3://bucket/p/", "main", name, destination().toString()));
        return run(args.toArray(new String[0]));
    }

    private void put(String key, byte[] content) throws IOException {
        memory.put(ObjectKey.of(key), ObjectContent.of(content), PutOptions.OVERWRITE);
    }

    /** Stores a file compressed as its suffix says. */
    private void store(String name, byte[] content) throws IOException {
        CompressionAlgorithm algorithm = name.endsWith(".gz")
                ? CompressionAlgorithm.GZIP
                : name.endsWith(".bz2")
                        ? CompressionAlgorithm.BZIP2
                        : name.endsWith(".xz")
                                ? CompressionAlgorithm.XZ
                                : name.endsWith(".snappy")
                                        ? CompressionAlgorithm.SNAPPY
                                        : name.endsWith(".zst")
                                                ? CompressionAlgorithm.ZSTD
                                                : name.endsWith(".lz4") ? CompressionAlgorithm.LZ4 : null;
        put(DIRECTORY + name, algorithm == null ? content : compressed(algorithm, content));
    }

    private static byte[] compressed(CompressionAlgorithm algorithm, byte[] content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream stream =
                WalCodec.of(CompressionSettings.of(algorithm)).compressing(bytes)) {
            stream.write(content);
        }
        return bytes.toByteArray();
    }

    private void assertDelivered(byte[] content) {
        assertThat(destination()).hasBinaryContent(content);
        assertThat(directory.toFile().list()).containsExactly("RECOVERYXLOG");
    }

    private void assertNothingDelivered() {
        assertThat(directory.toFile().list()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".gz", ".bz2", ".xz", ".snappy", ".zst", ".lz4"})
    void everyFormIsDeliveredUncompressedAndQuietly(String suffix) throws Exception {
        store(WAL + suffix, SEGMENT);
        assertThat(restore(WAL)).as(err).isZero();
        assertDelivered(SEGMENT);
        assertThat(out + err).isEmpty();
    }

    /** The rows of the reference, and its traps. The first of the objects is the one to be delivered. */
    @ParameterizedTest
    @CsvSource({
        "X|X.partial, X, ''",
        "X|X.partial, X, --no-partial",
        "X.gz|X.partial, X, ''",
        "X.lz4|X.partial|X.partial.gz, X, ''",
        "X|X.L.gz, X, ''",
        "X.partial, X, ''",
        "X.partial.gz, X, ''",
        "X.partial|X.partial.gz|X.partial.zst, X, ''",
        "X.partial.bz2|X.partial.xz, X, ''",
        "X.L.gz, X.L, ''",
        "X.L|X.L.gz, X.L, ''",
        "X.partial.gz|X, X.partial, ''",
        "X.partial, X.partial, --no-partial",
        "X.zst|X.bogus|X.gz.tmp, X, ''",
    })
    void oneObjectIsTakenByARule(String objects, String requested, String option) throws Exception {
        String label = LABEL.substring(WAL.length());
        boolean first = true;
        for (String object : objects.split("\\|")) {
            store(object.replace(".L", label).replace("X", WAL), first ? SEGMENT : OTHER);
            first = false;
        }
        String name = requested.replace(".L", label).replace("X", WAL);
        assertThat(option.isEmpty() ? restore(name) : restore(name, option))
                .as(err)
                .isZero();
        assertDelivered(SEGMENT);
    }

    @ParameterizedTest
    @ValueSource(strings = {".gz", ".bz2", ".xz", ".snappy", ".zst", ".lz4"})
    void plainObjectComesFirstAndASecondContentIsWarnedOf(String suffix) throws Exception {
        store(WAL, SEGMENT);
        store(WAL + suffix, OTHER);
        assertThat(restore(WAL)).isZero();
        assertDelivered(SEGMENT);
        assertThat(err)
                .contains("WARNING: " + DIRECTORY + WAL + " and " + DIRECTORY + WAL + suffix)
                .contains("different contents");

        store(WAL + suffix, SEGMENT);
        assertThat(restore(WAL)).isZero();
        assertThat(err).as("the same content twice").isEmpty();
    }

    @Test
    void amongCompressedObjectsTheOrderIsFixed() throws Exception {
        List<String> suffixes = List.of(".gz", ".bz2", ".xz", ".snappy", ".zst", ".lz4");
        for (int i = suffixes.size() - 1; i > 0; i--) {
            store(WAL + suffixes.get(i), OTHER);
            store(WAL + suffixes.get(i - 1), SEGMENT);
            assertThat(restore(WAL)).isZero();
            assertDelivered(SEGMENT);
            assertThat(err).contains(suffixes.get(i - 1) + " and ").contains("different contents");
        }
    }

    @Test
    void absenceIsOneAndQuietAndCertain() throws Exception {
        store("000000010000000000000004.gz", SEGMENT);
        store(LABEL, SEGMENT);
        assertThat(restore(WAL)).isEqualTo(PrivateExit.ABSENT);
        assertNothingDelivered();
        assertThat(err).isEmpty();
        assertThat(restore(WAL, "-v")).isEqualTo(PrivateExit.ABSENT);
        assertThat(err).contains("INFO: There is no WAL file " + WAL);
        assertThat(restore("00000002.history")).isEqualTo(PrivateExit.ABSENT);
        store(WAL + ".partial", SEGMENT);
        assertThat(restore(WAL, "--no-partial")).isEqualTo(PrivateExit.ABSENT);
        assertThat(err).isEmpty();
    }

    @Test
    void whatIsNoWalFileIsWarnedOf() throws Exception {
        store(WAL + ".bogus", SEGMENT);
        assertThat(restore(WAL)).isEqualTo(PrivateExit.ABSENT);
        assertThat(err).contains("WARNING: The object " + DIRECTORY + WAL + ".bogus");
    }

    @Test
    void historyIsFoundBesideTheHashDirectories() throws Exception {
        byte[] history = "1\t0/3000000\tno recovery target specified\n".getBytes(StandardCharsets.US_ASCII);
        put("p/main/wals/00000002.history.gz", compressed(CompressionAlgorithm.GZIP, history));
        assertThat(restore("00000002.history")).as(err).isZero();
        assertDelivered(history);
    }

    @Test
    void damagedObjectIsFourAndLeavesNothing() throws Exception {
        byte[] whole = compressed(CompressionAlgorithm.GZIP, SEGMENT);
        put(DIRECTORY + WAL + ".gz", Arrays.copyOf(whole, whole.length / 2));
        Files.writeString(destination(), "an older file");
        assertThat(restore(WAL)).isEqualTo(PrivateExit.FOUR);
        assertThat(err).contains("ERROR: Barman cloud WAL restore exception: ").contains("is damaged");
        assertNothingDelivered();
        assertThat(restore(WAL, "--outage-timeout=forever"))
                .as("it will not pass")
                .isEqualTo(PrivateExit.FOUR);
        assertThat(restore(WAL, "--abort-on-outage")).isEqualTo(PrivateExit.STOP);
    }

    @Test
    void segmentThatDoesNotFitItsNameIsFour() throws Exception {
        store(WAL, Arrays.copyOf(SEGMENT, SEGMENT.length - 8192));
        assertThat(restore(WAL)).isEqualTo(PrivateExit.FOUR);
        assertThat(err).contains("where its header announces 1048576");
        store(WAL, TestSegments.segment(1, 4L * TestSegments.MIB, TestSegments.MIB));
        assertThat(restore(WAL)).isEqualTo(PrivateExit.FOUR);
        store(WAL, new byte[0]);
        assertThat(restore(WAL)).isEqualTo(PrivateExit.FOUR);
        memory.delete(List.of(ObjectKey.of(DIRECTORY + WAL)));
        // PostgreSQL in recovery would stop for good.
        store(WAL + ".partial", Arrays.copyOf(SEGMENT, SEGMENT.length - 8192));
        assertThat(restore(WAL)).isEqualTo(PrivateExit.FOUR);
        assertNothingDelivered();
    }

    @Test
    void destinationThatIsNoFileIsFour() throws Exception {
        store(WAL, SEGMENT);
        Files.createDirectory(destination());
        assertThat(restore(WAL)).isEqualTo(PrivateExit.FOUR);
        assertThat(run(
                        "s3://bucket/p",
                        "main",
                        WAL,
                        directory.resolve("no/such/place").toString()))
                .isEqualTo(PrivateExit.FOUR);
    }

    /** Fails for a while, or breaks off in the middle. */
    private final class Troubled extends PassingObjectStore {
        private final List<String> listed = Collections.synchronizedList(new ArrayList<>());
        private String failing = "none";
        private int failures;
        private int breaks;

        Troubled() {
            super(memory);
        }

        @Override
        public synchronized InputStream open(ObjectKey key) throws StorageException {
            if (key.value().endsWith(failing) && failures-- > 0) {
                throw new StorageException("cannot reach " + key, StorageException.Reason.UNREACHABLE, true, null);
            }
            InputStream whole = memory.open(key);
            if (breaks-- <= 0) {
                return whole;
            }
            return new SequenceInputStream(
                    new InputStream() {
                        private int left = 300_000;

                        @Override
                        public int read() throws IOException {
                            throw new IOException("not used");
                        }

                        @Override
                        public int read(byte[] bytes, int offset, int length) throws IOException {
                            if (left <= 0) {
                                throw new IOException("the connection is cut");
                            }
                            int n = whole.read(bytes, offset, Math.min(length, left));
                            left -= n;
                            return n;
                        }
                    },
                    new ByteArrayInputStream(new byte[0]));
        }

        @Override
        public ObjectPage list(String prefix, Optional<String> page, int maxObjects) throws StorageException {
            listed.add(prefix);
            return memory.list(prefix, page, maxObjects);
        }
    }

    @Test
    void transferThatBreaksOffIsBegunAnew() throws Exception {
        store(WAL, SEGMENT);
        Troubled troubled = new Troubled();
        troubled.breaks = 2;
        store = troubled;
        assertThat(restore(WAL)).as(err).isZero();
        assertDelivered(SEGMENT);
        assertThat(troubled.listed)
                .as("a segment that is there needs no listing")
                .isEmpty();

        troubled.breaks = 3;
        assertThat(restore(WAL)).isEqualTo(PrivateExit.FOUR);
        assertThat(err).contains("the connection is cut");
        assertNothingDelivered();
    }

    @Test
    void outageIsFourUnlessItPassesInTimeOrThePostmasterIsToStop() throws Exception {
        store(WAL, SEGMENT);
        Troubled troubled = new Troubled();
        troubled.failing = WAL;
        troubled.failures = 1;
        store = troubled;
        assertThat(restore(WAL)).isEqualTo(PrivateExit.FOUR);
        assertNothingDelivered();
        troubled.failures = 1;
        assertThat(restore(WAL, "--abort-on-outage")).isEqualTo(PrivateExit.STOP);
        troubled.failures = 1;
        assertThat(restore(WAL, "--outage-timeout", "forever")).as(err).isZero();
        assertThat(err).contains("WARNING: ").contains("Trying again.");
        assertDelivered(SEGMENT);
    }

    /** A plain object may exist that would come first: what is taken may not depend on which answer arrives. */
    @Test
    void formThatTheStoreCannotTellOfIsNotPassedOver() throws Exception {
        store(WAL + ".zst", SEGMENT);
        Troubled troubled = new Troubled();
        troubled.failing = WAL + ".gz";
        troubled.failures = 1;
        store = troubled;
        assertThat(restore(WAL)).isEqualTo(PrivateExit.FOUR);
        // One that would come later is not needed.
        troubled.failing = WAL + ".lz4";
        troubled.failures = 1;
        assertThat(restore(WAL)).as(err).isZero();
        assertDelivered(SEGMENT);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-h",
                "s3://b",
                "s3://b main WAL",
                "s3://b main WAL dest more",
                "--cloud-provider s3 s3://b main WAL dest",
                "-p many s3://b main WAL dest",
                "--outage-timeout soon s3://b main WAL dest",
                "-v -q s3://b main WAL dest",
                "--compression gzip s3://b main WAL dest",
            })
    void wrongCommandLineIsThree(String line) {
        assertThat(run(line.replace("WAL", WAL).split(" "))).isEqualTo(PrivateExit.THREE);
        assertThat(err).startsWith("usage: barman-cloud-wal-restore ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"notawal", WAL + ".gz", "00000002.histor", ""})
    void invalidWalNameIsThreeInATestToo(String name) {
        assertThat(restore(name)).isEqualTo(PrivateExit.THREE);
        assertThat(err).contains("ERROR: " + name + " is an invalid name for a WAL file");
        assertThat(restore(name, "-t")).isEqualTo(PrivateExit.THREE);
        assertThat(restore(name, "--abort-on-outage")).isEqualTo(PrivateExit.THREE);
    }

    @Test
    void badUrlIsFour() {
        assertThat(run("file://b", "main", WAL, "x")).isEqualTo(PrivateExit.FOUR);
        assertThat(err).contains("Invalid s3 URL address: file://b");
        assertThat(run("--abort-on-outage", "file://b", "main", WAL, "x")).isEqualTo(PrivateExit.STOP);
        assertThat(run("s3://b", "ma/in", WAL, "x")).isEqualTo(PrivateExit.FOUR);
    }

    @Test
    void connectionTestDoesNothingElse() {
        assertThat(restore(WAL, "-t")).isZero();
        store = new PassingObjectStore(memory) {
            @Override
            public boolean containerExists() {
                return false;
            }
        };
        assertThat(restore(WAL, "-t")).isEqualTo(PrivateExit.ABSENT);
        store = new PassingObjectStore(memory) {
            @Override
            public boolean containerExists() throws StorageException {
                throw new StorageException("no answer", StorageException.Reason.UNREACHABLE, true, null);
            }
        };
        assertThat(restore(WAL, "-t")).isEqualTo(PrivateExit.TWO);
        store = new PassingObjectStore(memory) {
            @Override
            public boolean containerExists() throws StorageException {
                throw new StorageException("no access", StorageException.Reason.DENIED, false, null);
            }
        };
        assertThat(restore(WAL, "-t")).isEqualTo(PrivateExit.FOUR);
        assertNothingDelivered();
    }

    @Test
    void helpTellsOfTheOptions() {
        assertThat(run("--help")).isZero();
        assertThat(out).contains("--no-partial", "--parallel", "--spool-dir", "--outage-timeout", "--abort-on-outage");
        assertThat(run("--version")).isZero();
        assertThat(out).startsWith("barman-cloud-wal-restore ");
    }

    @Test
    void spoolWhoseParentIsMissingIsFour() throws Exception {
        store(WAL, SEGMENT);
        String spool = directory.resolve("no/such").toString();
        assertThat(restore(WAL, "-p", "8", "--spool-dir", spool)).isEqualTo(PrivateExit.FOUR);
        assertThat(err).contains("Cannot create the spool directory");
    }
}

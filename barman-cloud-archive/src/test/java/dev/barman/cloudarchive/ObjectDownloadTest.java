// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.object.MemoryObjectStore;
import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectInfo;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectStore;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ObjectDownloadTest {
    private static final ObjectKey KEY = ObjectKey.of("k");
    private static final int PIECE = 1000;
    private static final int LARGE_PIECE = 4 << 20;

    private final MemoryObjectStore memory = new MemoryObjectStore();
    private final ExecutorService fetchers = Executors.newFixedThreadPool(3);
    private final AtomicInteger opened = new AtomicInteger();
    private byte[] content = new byte[0];
    private ConnectionSpeed speed = ConnectionSpeed.slow();

    @BeforeEach
    void setUp() throws IOException {
        content = new byte[12_345];
        new Random(7).nextBytes(content);
        memory.put(KEY, ObjectContent.of(content), PutOptions.OVERWRITE);
    }

    @AfterEach
    void tearDown() {
        fetchers.shutdownNow();
    }

    private ObjectStore wrapping(UnaryOperator<InputStream> wrapper) {
        return (ObjectStore) Proxy.newProxyInstance(
                ObjectStore.class.getClassLoader(), new Class<?>[] {ObjectStore.class}, (proxy, method, arguments) -> {
                    Object answer;
                    try {
                        answer = method.invoke(memory, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                    if (answer instanceof InputStream in) {
                        opened.incrementAndGet();
                        return wrapper.apply(in);
                    }
                    return answer;
                });
    }

    /** A store of which every n-th stream breaks off in the middle, with a failure or as if it had ended. */
    private ObjectStore breaking(int nth, boolean quietly) {
        return wrapping(in -> opened.get() % nth == 0 ? new Breaking(in, quietly) : in);
    }

    /** A store of which streams give 400 bytes at a time, and not quickly. */
    private ObjectStore slowed() {
        return wrapping(in -> new FilterInputStream(in) {
            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                try {
                    Thread.sleep(2);
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
                return super.read(target, offset, Math.min(length, 400));
            }
        });
    }

    private static final class Breaking extends FilterInputStream {
        private final boolean quietly;
        private int left = 100;

        Breaking(InputStream in, boolean quietly) {
            super(in);
            this.quietly = quietly;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (left == 0) {
                if (quietly) {
                    return -1;
                }
                throw new IOException("connection reset");
            }
            int count = super.read(target, offset, Math.min(left, length));
            left -= Math.max(0, count);
            return count;
        }
    }

    private ObjectDownload download(ObjectStore store, long size) {
        return new ObjectDownload(store, new ObjectInfo(KEY, size, Instant.EPOCH), speed, fetchers, PIECE, 3);
    }

    @Test
    void contentComesInOrderAndEnds() throws IOException {
        try (InputStream in = download(memory, content.length)) {
            assertThat(in.read()).isEqualTo(content[0] & 0xff);
            assertThat(in.readNBytes(5000)).isEqualTo(Arrays.copyOfRange(content, 1, 5001));
            assertThat(in.readAllBytes()).hasSize(content.length - 5001);
            assertThat(in.read()).isEqualTo(-1);
        }
    }

    @Test
    void piecesThatBreakOffAreFetchedAgain() throws IOException {
        for (boolean quietly : new boolean[] {false, true}) {
            opened.set(0);
            try (InputStream in = download(breaking(2, quietly), content.length)) {
                assertThat(in.readAllBytes()).isEqualTo(content);
            }
            assertThat(opened.get()).isGreaterThan(13);
        }
    }

    @Test
    void objectThatIsShorterThanKnownIsAFailure() {
        assertThatThrownBy(() -> {
                    try (InputStream in = download(memory, content.length + 1)) {
                        in.readAllBytes();
                    }
                })
                .isInstanceOf(IOException.class)
                .hasMessageContaining("ends at 12345, not at 12346");
    }

    @Test
    void whatIsSkippedIsNotFetched() throws IOException {
        for (int before : new int[] {0, 1, 999, 1000, 2500}) {
            opened.set(0);
            try (InputStream in = download(breaking(1_000_000, true), content.length)) {
                assertThat(in.readNBytes(before)).hasSize(before);
                assertThat(in.skip(8_000)).isEqualTo(8_000);
                assertThat(in.readNBytes(1_500)).isEqualTo(Arrays.copyOfRange(content, before + 8_000, before + 9_500));
                assertThat(in.skip(100)).isEqualTo(100);
                assertThat(in.readAllBytes()).isEqualTo(Arrays.copyOfRange(content, before + 9_600, content.length));
                assertThat(in.skip(1)).isZero();
            }
            assertThat(opened.get()).as("pieces of %s", before).isLessThan(11);
        }
    }

    /** Pieces so large that reading one of them in memory is fast on any machine, however cold the code is. */
    private ObjectDownload largeDownload() throws IOException {
        content = new byte[4 * LARGE_PIECE];
        new Random(8).nextBytes(content);
        memory.put(KEY, ObjectContent.of(content), PutOptions.OVERWRITE);
        ObjectInfo object = new ObjectInfo(KEY, content.length, Instant.EPOCH);
        return new ObjectDownload(breaking(1_000_000, true), object, speed, fetchers, LARGE_PIECE, 3);
    }

    @Test
    void aFastConnectionIsReadDirectlyAndAskedForMoreAtATime() throws IOException {
        speed = ConnectionSpeed.unknown();
        try (InputStream in = largeDownload()) {
            assertThat(in.read()).isEqualTo(content[0] & 0xff);
            assertThat(in.readNBytes(5000)).isEqualTo(Arrays.copyOfRange(content, 1, 5001));
            assertThat(in.readAllBytes()).isEqualTo(Arrays.copyOfRange(content, 5001, content.length));
            assertThat(in.read()).isEqualTo(-1);
        }
        assertThat(opened).as("one piece, then all the others").hasValue(2);
    }

    @Test
    void aSlowConnectionGetsCompany() throws IOException {
        speed = ConnectionSpeed.unknown();
        try (InputStream in = download(slowed(), content.length)) {
            assertThat(in.readNBytes(1999)).isEqualTo(Arrays.copyOf(content, 1999));
            assertThat(opened).as("one after the other").hasValue(2);
            assertThat(speed.isFast()).isTrue();
            assertThat(in.readAllBytes()).isEqualTo(Arrays.copyOfRange(content, 1999, content.length));
            assertThat(speed.isFast()).isFalse();
        }
        assertThat(opened).as("pieces").hasValue(13);
    }

    @Test
    void aConnectionThatBecomesSlowIsLeft() throws IOException {
        speed = ConnectionSpeed.unknown();
        speed.measured(1_000_000_000, 1, 1);
        assertThat(speed.isKnownFast()).isTrue();
        try (InputStream in = download(slowed(), content.length)) {
            assertThat(in.readAllBytes()).isEqualTo(content);
        }
        assertThat(speed.isFast()).isFalse();
        // Left after two measurements, of 1200 bytes each.
        assertThat(opened).as("one for all, and pieces").hasValue(1 + 10);
    }

    @Test
    void waitingIsASmallShareWhereTheReaderTakesLonger() throws Exception {
        speed = ConnectionSpeed.unknown(0.5);
        int step = LARGE_PIECE / 4;
        try (InputStream in = largeDownload()) {
            for (int at = 0; at < content.length; at += step) {
                assertThat(in.readNBytes(step)).isEqualTo(Arrays.copyOfRange(content, at, at + step));
                // What a decompressor does meanwhile.
                Thread.sleep(5);
            }
        }
        assertThat(speed.isKnownFast()).isTrue();
        assertThat(opened).as("one piece, then all the others").hasValue(2);
    }

    @Test
    void whatIsShortSaysNothing() throws IOException {
        speed = ConnectionSpeed.unknown();
        memory.put(KEY, ObjectContent.of(Arrays.copyOf(content, PIECE - 1)), PutOptions.OVERWRITE);
        for (int i = 0; i < 3; i++) {
            try (InputStream in = download(slowed(), PIECE - 1)) {
                assertThat(in.readAllBytes()).isEqualTo(Arrays.copyOf(content, PIECE - 1));
            }
        }
        assertThat(speed.isFast()).isTrue();
        assertThat(speed.isKnownFast()).isFalse();
    }

    @Test
    void aConnectionThatGivesNothingIsLeft() throws IOException {
        speed = ConnectionSpeed.unknown();
        ObjectStore sluggish = wrapping(in -> new FilterInputStream(in) {
            private int reads;

            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                return ++reads == 2 ? 0 : super.read(target, offset, Math.min(length, 300));
            }
        });
        try (InputStream in = download(sluggish, content.length)) {
            assertThat(in.readAllBytes()).isEqualTo(content);
        }
    }

    @Test
    void whereADirectConnectionBreaksOffPiecesGoOn() throws IOException {
        for (boolean quietly : new boolean[] {false, true}) {
            speed = ConnectionSpeed.unknown();
            opened.set(0);
            // The first one is for a piece, the second one for all the rest.
            try (InputStream in = download(breaking(2, quietly), content.length)) {
                assertThat(in.readAllBytes()).isEqualTo(content);
            }
            assertThat(opened.get()).isGreaterThan(13);
        }
    }

    @Test
    void aDirectConnectionIsEndedBySkippingAndClosing() throws IOException {
        speed = ConnectionSpeed.unknown();
        AtomicInteger open = new AtomicInteger();
        ObjectStore counting = wrapping(in -> {
            open.incrementAndGet();
            return new FilterInputStream(in) {
                @Override
                public void close() throws IOException {
                    super.close();
                    open.decrementAndGet();
                    throw new IOException("close failed");
                }
            };
        });
        InputStream in = download(counting, content.length);
        assertThat(in.readNBytes(10)).isEqualTo(Arrays.copyOf(content, 10));
        assertThat(open).hasValue(1);
        assertThat(in.skip(500)).isEqualTo(500);
        assertThat(open).hasValue(0);
        in.close();

        speed = ConnectionSpeed.unknown();
        in = download(counting, content.length);
        assertThat(in.readNBytes(10)).isEqualTo(Arrays.copyOf(content, 10));
        in.close();
        assertThat(open).hasValue(0);
        assertThat(in.read()).isEqualTo(-1);
        assertThat(open).hasValue(0);
    }

    @Test
    void missingObjectIsAFailureOfTheStore() {
        memory.delete(List.of(KEY));
        assertThatThrownBy(() -> download(memory, 5).read()).isInstanceOf(StorageException.class);
    }
}

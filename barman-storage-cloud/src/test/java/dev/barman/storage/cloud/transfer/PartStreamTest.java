// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.object.MemoryObjectStore;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectUpload;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PartStreamTest {
    private static final int PART = 1000;
    private static final ObjectKey KEY = ObjectKey.of("k");

    private final MemoryObjectStore store = new MemoryObjectStore();
    private final PartPool pool = new PartPool("test", 2, 3, PART);

    @AfterEach
    void close() {
        pool.close();
    }

    /** An upload of which the parts are counted, slowed down or refused. */
    private static class Observed implements ObjectUpload {
        final List<Integer> lengths = new ArrayList<>();
        final AtomicInteger running = new AtomicInteger();
        final AtomicInteger most = new AtomicInteger();

        @Override
        public void part(int number, byte[] bytes, int offset, int length) throws StorageException {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            synchronized (lengths) {
                lengths.add(length);
            }
            running.decrementAndGet();
        }

        @Override
        public boolean complete() {
            return true;
        }

        @Override
        public void close() {}
    }

    /** An upload that tells when a part is being sent, and holds it until it may go on. */
    private static final class Held extends Observed {
        private final CountDownLatch sending;
        private final CountDownLatch go;

        Held(CountDownLatch sending, CountDownLatch go) {
            this.sending = sending;
            this.go = go;
        }

        @Override
        public void part(int number, byte[] bytes, int offset, int length) throws StorageException {
            sending.countDown();
            try {
                go.await(10, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            super.part(number, bytes, offset, length);
        }
    }

    @Test
    void contentArrivesWholeInWhateverPiecesItIsWritten() throws Exception {
        Random random = new Random(1);
        byte[] content = new byte[12_345];
        random.nextBytes(content);
        try (ObjectUpload upload = store.startUpload(KEY, PutOptions.OVERWRITE)) {
            try (PartStream out = pool.open(upload, PART)) {
                out.write(content[0]);
                for (int at = 1; at < content.length; ) {
                    int count = Math.min(content.length - at, random.nextInt(2500));
                    out.write(content, at, count);
                    at += count;
                }
                out.finish();
                out.await();
                assertThatThrownBy(() -> out.write(1)).isInstanceOf(IOException.class);
            }
            upload.complete();
        }

        assertThat(store.open(KEY).readAllBytes()).isEqualTo(content);
    }

    @Test
    void allPartsButTheLastAreOfOneSizeAndNoMoreThanAllowedRunAtOnce() throws Exception {
        Observed upload = new Observed();
        try (PartStream out = pool.open(upload, PART)) {
            out.write(new byte[5 * PART + 1]);
            out.finish();
            out.await();
        }

        assertThat(upload.lengths).containsExactlyInAnyOrder(PART, PART, PART, PART, PART, 1);
        assertThat(upload.most.get()).isBetween(1, 2);
    }

    @Test
    void contentThatEndsWithAPartHasNoEmptyOneBehindIt() throws Exception {
        Observed upload = new Observed();
        try (PartStream out = pool.open(upload, PART)) {
            out.write(new byte[2 * PART]);
            out.finish();
            out.await();
        }

        assertThat(upload.lengths).containsExactly(PART, PART);
    }

    @Test
    void aFailureReachesTheWriterAndNothingIsSentBehindIt() throws Exception {
        Observed upload = new Observed() {
            @Override
            public void part(int number, byte[] bytes, int offset, int length) throws StorageException {
                super.part(number, bytes, offset, length);
                throw new StorageException("full", StorageException.Reason.OTHER, false, null);
            }
        };
        try (PartStream out = pool.open(upload, PART)) {
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 1000; i++) {
                            out.write(new byte[PART]);
                        }
                    })
                    .hasMessage("full");
            assertThatThrownBy(out::finish).hasMessage("full");
            assertThatThrownBy(out::await).hasMessage("full");
        }

        assertThat(upload.lengths.size()).isLessThan(10);
        // The buffers are back: another stream is not kept waiting.
        allBuffersAreFree();
    }

    @Test
    void whoGivesUpWaitsForWhatIsOnItsWayAndReturnsTheBuffers() throws Exception {
        CountDownLatch sending = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Observed upload = new Held(sending, go);
        PartStream out = pool.open(upload, PART);
        out.write(new byte[PART + 10]);
        sending.await();
        Thread closer = new Thread(out::close);
        closer.start();
        closer.join(100);
        assertThat(closer.isAlive()).as("it waits for the part").isTrue();
        go.countDown();
        closer.join();

        assertThat(upload.lengths).containsExactly(PART);
        allBuffersAreFree();
    }

    @Test
    void whoGivesUpDoesNotSendWhatIsStillQueued() throws Exception {
        CountDownLatch sending = new CountDownLatch(2);
        CountDownLatch go = new CountDownLatch(1);
        Observed upload = new Held(sending, go);
        PartStream out = pool.open(upload, PART);
        // Two are being sent, the third one has a buffer and waits for a thread.
        out.write(new byte[3 * PART]);
        sending.await();
        Thread closer = new Thread(out::close);
        closer.start();
        closer.join(100);
        go.countDown();
        closer.join();

        assertThat(upload.lengths).containsExactly(PART, PART);
        allBuffersAreFree();
    }

    private void allBuffersAreFree() throws IOException {
        List<byte[]> all = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            all.add(pool.take(PART));
        }
        all.forEach(pool::give);
    }
}

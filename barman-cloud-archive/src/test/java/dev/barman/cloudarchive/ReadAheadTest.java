// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.object.StorageException;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReadAheadTest {
    private static final int PIECE = 1000;

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private static InputStream failing(IOException failure) {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                throw failure;
            }
        };
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE, 100 * PIECE + 7})
    void givesWhatTheOtherStreamHas(int length) throws IOException {
        byte[] content = random(length);
        try (InputStream in = new ReadAhead(new ByteArrayInputStream(content), "it", PIECE)) {
            assertThat(in.readAllBytes()).isEqualTo(content);
            assertThat(in.read()).isNegative();
        }
        try (InputStream in = new ReadAhead(new ByteArrayInputStream(content), "it", PIECE)) {
            for (byte b : content) {
                assertThat((byte) in.read()).isEqualTo(b);
            }
            assertThat(in.read(new byte[3], 0, 3)).isNegative();
        }
    }

    /** Most of all an early end, which must never look like the end. */
    @Test
    void failureComesBehindWhatWasReadBefore() throws IOException {
        for (IOException failure : new IOException[] {
            new EOFException("early"), new StorageException("gone", StorageException.Reason.UNREACHABLE, true, null)
        }) {
            byte[] before = random(3 * PIECE);
            try (InputStream in = new ReadAhead(
                    new SequenceInputStream(new ByteArrayInputStream(before), failing(failure)), "it", PIECE)) {
                assertThat(in.readNBytes(before.length)).isEqualTo(before);
                assertThatThrownBy(in::read).isSameAs(failure);
            }
        }
    }

    @Test
    @Timeout(30)
    void closingEndsAReadThatWaitsAndOnlyThenClosesTheOtherStream() throws Exception {
        CountDownLatch waits = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        InputStream waiting = new InputStream() {
            @Override
            public int read() throws IOException {
                waits.countDown();
                try {
                    new CountDownLatch(1).await();
                    return 0;
                } catch (InterruptedException e) {
                    assertThat(closed.getCount()).isOne();
                    interrupted.countDown();
                    throw new IOException("interrupted", e);
                }
            }

            @Override
            public void close() {
                closed.countDown();
            }
        };
        InputStream in =
                new ReadAhead(new SequenceInputStream(new ByteArrayInputStream(random(PIECE)), waiting), "it", PIECE);
        assertThat(in.read()).isNotNegative();
        assertThat(waits.await(10, TimeUnit.SECONDS)).isTrue();
        in.close();
        assertThat(interrupted.getCount()).isZero();
        assertThat(closed.getCount()).isZero();
    }
}

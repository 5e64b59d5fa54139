// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ParallelWorkTest {
    @Test
    void everyItemIsWorkedOnOnce() throws IOException {
        AtomicInteger calls = new AtomicInteger();
        Set<Integer> items = new ConcurrentSkipListSet<>();
        ParallelWork.run("test", 3, 500, item -> {
            calls.incrementAndGet();
            items.add(item);
        });
        assertThat(calls).hasValue(500);
        assertThat(items).hasSize(500);
        ParallelWork.run("test", 3, 0, item -> calls.incrementAndGet());
        assertThat(calls).hasValue(500);
    }

    @Test
    void aFailureStopsTheWorkAndIsThrown() {
        AtomicInteger calls = new AtomicInteger();
        assertThatThrownBy(() -> ParallelWork.run("test", 1, 500, item -> {
                    calls.incrementAndGet();
                    if (item == 3) {
                        throw new IOException("item 3");
                    }
                }))
                .isInstanceOf(IOException.class)
                .hasMessage("item 3");
        assertThat(calls).hasValue(4);
    }

    @Test
    void aBugIsNotHidden() {
        assertThatThrownBy(() -> ParallelWork.run("test", 2, 1, item -> {
                    throw new IllegalStateException("bug");
                }))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void anInterruptEndsTheWorkBetweenItems() {
        AtomicInteger calls = new AtomicInteger();
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> ParallelWork.run("test", 1, 1_000_000, item -> calls.incrementAndGet()))
                .isInstanceOf(InterruptedIOException.class);
        assertThat(calls.get()).isLessThan(1_000_000);
        assertThat(Thread.interrupted()).isFalse();
    }
}

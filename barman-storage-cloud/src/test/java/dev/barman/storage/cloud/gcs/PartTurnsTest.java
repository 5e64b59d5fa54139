// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.gcs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.object.StorageException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PartTurnsTest {
    private static final long MILLI = 1_000_000;

    private static FutureTask<Boolean> waiting(PartTurns turns, int number) throws InterruptedException {
        FutureTask<Boolean> task = new FutureTask<>(() -> {
            turns.await(number);
            return true;
        });
        Thread thread = new Thread(task, "part " + number);
        thread.start();
        while (thread.getState() != Thread.State.WAITING && thread.getState() != Thread.State.TIMED_WAITING) {
            Thread.sleep(1);
        }
        return task;
    }

    @Test
    void whoWaitsForAPartThatTakesLongSleepsAllTheTime() throws Exception {
        PartTurns turns = new PartTurns("x", 50 * MILLI, 50 * MILLI);
        turns.await(1);
        FutureTask<Boolean> second = waiting(turns, 2);
        Thread.sleep(300);
        assertThat(second.isDone()).isFalse();
        assertThat(turns.wakeUps()).as("woken up before the end of part 1").isZero();
        turns.end(true);

        assertThat(second.get()).isTrue();
        assertThat(turns.wakeUps()).isEqualTo(1);
    }

    @Test
    void aPartThatNobodySendsIsWaitedForAsLongAsThePatienceLasts() throws Exception {
        PartTurns turns = new PartTurns("x", 100 * MILLI, 10_000 * MILLI);
        long start = System.nanoTime();

        assertThatThrownBy(() -> turns.await(2))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("part 1 before it was not sent");
        assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(100 * MILLI);
    }

    @Test
    void aPartThatFailedAndIsNotRepeatedEndsTheWaitSooner() throws Exception {
        PartTurns turns = new PartTurns("x", 20_000 * MILLI, 100 * MILLI);
        turns.await(1);
        FutureTask<Boolean> second = waiting(turns, 2);
        turns.end(false);

        assertThatThrownBy(second::get).hasRootCauseInstanceOf(StorageException.class);
    }
}

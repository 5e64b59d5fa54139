// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TerminationSignalsTest {

    @Test
    void realSignalIsCaughtRememberedAndEndsAWait() throws Exception {
        AtomicInteger runs = new AtomicInteger();
        try (TerminationSignals signals = TerminationSignals.install();
                TerminationSignals.Registration registration = signals.onSignal(runs::incrementAndGet)) {
            signals.check();
            new ProcessBuilder(
                            "sh", "-c", "kill -HUP " + ProcessHandle.current().pid())
                    .start();
            assertThatThrownBy(() -> signals.sleep(Duration.ofSeconds(50)))
                    .isInstanceOf(TerminatedException.class)
                    .hasMessage("129");
            assertThat(signals.received()).contains(TerminationSignals.Kind.HUP);
            assertThatThrownBy(signals::check).isInstanceOf(TerminatedException.class);
            while (runs.get() == 0) {
                Thread.onSpinWait();
            }
        }
        assertThat(runs).hasValue(1);
    }

    @Test
    void firstSignalCountsAndActionsRunForEach() {
        TerminationSignals signals = TerminationSignals.none();
        AtomicInteger runs = new AtomicInteger();
        signals.raise(TerminationSignals.Kind.INT);
        AtomicInteger further = new AtomicInteger();
        try (TerminationSignals.Registration one = signals.onSignal(runs::incrementAndGet);
                TerminationSignals.Registration two = signals.onFurtherSignal(further::incrementAndGet)) {
            assertThat(runs).as("it came already").hasValue(1);
            assertThat(further).hasValue(0);
            signals.raise(TerminationSignals.Kind.TERM);
        }
        signals.raise(TerminationSignals.Kind.TERM);
        assertThat(runs).as("none after the registration is closed").hasValue(2);
        assertThat(further).hasValue(1);
        assertThat(signals.received()).contains(TerminationSignals.Kind.INT);
    }

    @Test
    void sleepWithoutASignalTakesItsTime() throws Exception {
        long begin = System.nanoTime();
        TerminationSignals.none().sleep(Duration.ofMillis(30));
        assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(30_000_000);
    }
}

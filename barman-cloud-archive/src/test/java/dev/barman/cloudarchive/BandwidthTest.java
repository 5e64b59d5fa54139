// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.core.signal.TerminationSignals;
import dev.barman.object.StorageException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class BandwidthTest {
    private static final long SECOND = 1_000_000_000L;

    private final TerminationSignals signals = TerminationSignals.none();

    @Test
    void everyUploadWaitsForTheOnesBeforeIt() {
        Bandwidth bandwidth = new Bandwidth(1000, signals);

        assertThat(bandwidth.reserve(2000, 5 * SECOND)).isZero();
        assertThat(bandwidth.reserve(500, 5 * SECOND)).isEqualTo(Duration.ofSeconds(2));
        assertThat(bandwidth.reserve(1, 6 * SECOND)).isEqualTo(Duration.ofMillis(1500));
    }

    @Test
    void timeInWhichNothingWasSentIsNotSavedUp() {
        Bandwidth bandwidth = new Bandwidth(1000, signals);
        bandwidth.reserve(1000, 0);

        assertThat(bandwidth.reserve(1000, 100 * SECOND)).isZero();
        assertThat(bandwidth.reserve(1000, 100 * SECOND)).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void aSignalEndsTheWait() throws Exception {
        Bandwidth bandwidth = new Bandwidth(1, signals);
        bandwidth.acquire(1_000_000);
        signals.raise(TerminationSignals.Kind.TERM);

        assertThatThrownBy(() -> bandwidth.acquire(1))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.retryable()).isFalse());
    }
}

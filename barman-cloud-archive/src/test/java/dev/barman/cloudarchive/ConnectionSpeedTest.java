// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ConnectionSpeedTest {
    private static final long MB = 1_000_000;
    private static final long SECOND = 1_000_000_000;

    private final ConnectionSpeed speed = ConnectionSpeed.unknown();

    @Test
    void isTakenForFastUntilItIsNot() {
        assertThat(speed.isFast()).isTrue();
        assertThat(speed.isKnownFast()).isFalse();
        speed.measured(200 * MB, SECOND, SECOND);
        assertThat(speed.isKnownFast()).isTrue();
    }

    @Test
    void oneSlowMeasurementMayBeChance() {
        speed.measured(199 * MB, SECOND, SECOND);
        assertThat(speed.isFast()).isTrue();
        speed.measured(201 * MB, SECOND, SECOND);
        speed.measured(8 * MB, SECOND, SECOND);
        assertThat(speed.isFast()).isTrue();
        assertThat(speed.isKnownFast()).isFalse();
    }

    @Test
    void twoDecideForGood() {
        speed.measured(201 * MB, SECOND, SECOND);
        speed.measured(8 * MB, SECOND, SECOND);
        speed.measured(8 * MB, SECOND, SECOND);
        assertThat(speed.isFast()).isFalse();
        speed.measured(1000 * MB, SECOND, SECOND);
        assertThat(speed.isFast()).isFalse();
        assertThat(speed.isKnownFast()).isFalse();
    }

    @Test
    void whatIsSlowAnywayStaysSo() {
        ConnectionSpeed slow = ConnectionSpeed.slow();
        slow.measured(1000 * MB, 1, SECOND);
        assertThat(slow.isFast()).isFalse();
        assertThat(slow.isKnownFast()).isFalse();
    }

    @Test
    void whoHasMuchToDoIsNotToWaitForLong() {
        ConnectionSpeed decompressing = ConnectionSpeed.unknown(0.25);
        decompressing.measured(1000 * MB, SECOND, 4 * SECOND);
        assertThat(decompressing.isKnownFast()).isTrue();
        decompressing.measured(1000 * MB, SECOND, 4 * SECOND - 1);
        decompressing.measured(1000 * MB, SECOND, 4 * SECOND - 1);
        assertThat(decompressing.isFast()).isFalse();

        ConnectionSpeed slow = ConnectionSpeed.unknown(0.25);
        slow.measured(199 * MB, SECOND, 100 * SECOND);
        slow.measured(199 * MB, SECOND, 100 * SECOND);
        assertThat(slow.isFast()).isFalse();
    }
}

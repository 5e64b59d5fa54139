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
        speed.measured(200 * MB, SECOND);
        assertThat(speed.isKnownFast()).isTrue();
    }

    @Test
    void oneSlowMeasurementMayBeChance() {
        speed.measured(199 * MB, SECOND);
        assertThat(speed.isFast()).isTrue();
        speed.measured(201 * MB, SECOND);
        speed.measured(8 * MB, SECOND);
        assertThat(speed.isFast()).isTrue();
        assertThat(speed.isKnownFast()).isFalse();
    }

    @Test
    void twoDecideForGood() {
        speed.measured(201 * MB, SECOND);
        speed.measured(8 * MB, SECOND);
        speed.measured(8 * MB, SECOND);
        assertThat(speed.isFast()).isFalse();
        speed.measured(1000 * MB, SECOND);
        assertThat(speed.isFast()).isFalse();
        assertThat(speed.isKnownFast()).isFalse();
    }

    @Test
    void whatIsSlowAnywayStaysSo() {
        ConnectionSpeed slow = ConnectionSpeed.slow();
        slow.measured(1000 * MB, 1);
        assertThat(slow.isFast()).isFalse();
        assertThat(slow.isKnownFast()).isFalse();
    }
}

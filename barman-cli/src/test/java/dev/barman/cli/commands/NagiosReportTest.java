// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.check.CheckReport;
import dev.barman.core.check.CheckResult;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** The expected lines are those that Barman 3.17 printed. */
class NagiosReportTest {
    private final NagiosReport report = new NagiosReport();

    private static CheckResult result(String name, boolean passed, String hint) {
        return new CheckResult(name, passed, hint, List.of(), OptionalLong.empty());
    }

    private static CheckResult measured(String name, long bytes) {
        return new CheckResult(name, true, "", List.of(), OptionalLong.of(bytes));
    }

    private static CheckReport healthy(String server, long size, long wals) {
        return new CheckReport(
                server,
                List.of(
                        result("PostgreSQL", true, ""),
                        measured("backup minimum size", size),
                        measured("wal size", wals)));
    }

    private static CheckReport broken(String server) {
        return new CheckReport(
                server,
                List.of(
                        measured("backup minimum size", 39061107),
                        measured("wal size", 17079),
                        result("failed backups", false, "there are 1 failed backups"),
                        result("archiver errors", false, "unknown: 3, duplicates: 1"),
                        result("configuration", false, "")));
    }

    @Test
    void oneHealthyServer() {
        report.add(true, healthy("streaming_tar", 4099627, 0));
        assertThat(report.lines(false))
                .containsExactly(
                        "BARMAN OK - Ready to serve the Espresso backup for streaming_tar|streaming_tar=4099627B"
                                + " streaming_tar_wals=0B");
        assertThat(report.exitCode(false)).isZero();
    }

    @Test
    void severalHealthyServers() {
        report.add(true, healthy("pg-rsync", 36051507, 0));
        report.add(true, healthy("pg-stream", 36232836, 66098));
        assertThat(report.lines(false))
                .containsExactly("BARMAN OK - Ready to serve the Espresso backup for 2 servers * pg-rsync * pg-stream"
                        + "|pg-rsync=36051507B pg-rsync_wals=0B pg-stream=36232836B pg-stream_wals=66098B");
    }

    @Test
    void inactiveServerWithFailuresIsIgnored() {
        report.add(false, broken("inactive"));
        assertThat(report.lines(false)).containsExactly("BARMAN OK - No server configured * IGNORING: inactive");
        assertThat(report.exitCode(false)).isZero();
    }

    @Test
    void oneServerWithFailures() {
        report.add(true, broken("shipping"));
        assertThat(report.lines(false))
                .containsExactly(
                        "BARMAN CRITICAL - server shipping has issues * shipping FAILED: failed backups, archiver errors,"
                                + " configuration|shipping=39061107B shipping_wals=17079B",
                        "shipping.failed backups: FAILED (there are 1 failed backups)",
                        "shipping.archiver errors: FAILED (unknown: 3, duplicates: 1)",
                        "shipping.configuration: FAILED");
        assertThat(report.exitCode(false)).isEqualTo(2);
    }

    @Test
    void nextToAFailingServerAnInactiveOneCountsToo() {
        report.add(true, healthy("a", 1, 2));
        report.add(true, broken("b"));
        report.add(false, broken("c"));
        assertThat(report.lines(false).get(0))
                .startsWith("BARMAN CRITICAL - 2 server out of 3 have issues * b FAILED: failed backups")
                .contains(" * c FAILED: failed backups")
                .endsWith("|a=1B a_wals=2B b=39061107B b_wals=17079B c=39061107B c_wals=17079B");
    }

    @Test
    void errorWithoutAFailedCheckIsAConfigurationError() {
        report.add(true, healthy("a", 1, 2));
        assertThat(report.lines(true)).containsExactly("BARMAN CRITICAL - Global configuration errors");
        assertThat(report.exitCode(true)).isEqualTo(2);
    }
}

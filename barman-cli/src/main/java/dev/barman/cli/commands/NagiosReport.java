// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import dev.barman.cli.frame.ExitCode;
import dev.barman.core.check.CheckReport;
import dev.barman.core.check.CheckResult;
import java.util.ArrayList;
import java.util.List;

/**
 * The lines of {@code check --nagios}: one with the verdict and performance data, and, when it is critical, one for each failed
 * check. A failure of an inactive server is ignored as long as no active one fails.
 */
final class NagiosReport {
    private record Entry(boolean active, CheckReport report) {}

    private final List<Entry> entries = new ArrayList<>();

    void add(boolean active, CheckReport report) {
        entries.add(new Entry(active, report));
    }

    /** @param otherError whether an error occurred that is no failed check */
    int exitCode(boolean otherError) {
        return critical() || otherError ? ExitCode.USAGE : ExitCode.OK;
    }

    List<String> lines(boolean otherError) {
        if (critical()) {
            return criticalLines();
        }
        return otherError ? List.of("BARMAN CRITICAL - Global configuration errors") : List.of(okLine());
    }

    private boolean critical() {
        for (Entry entry : entries) {
            if (entry.active() && !entry.report().passed()) {
                return true;
            }
        }
        return false;
    }

    private List<String> criticalLines() {
        List<CheckReport> failed = new ArrayList<>();
        List<CheckReport> all = new ArrayList<>();
        for (Entry entry : entries) {
            all.add(entry.report());
            if (!entry.report().passed()) {
                failed.add(entry.report());
            }
        }
        StringBuilder verdict = new StringBuilder("BARMAN CRITICAL - ");
        if (all.size() == 1) {
            verdict.append("server ").append(all.get(0).server()).append(" has issues");
        } else {
            verdict.append(failed.size())
                    .append(" server out of ")
                    .append(all.size())
                    .append(" have issues");
        }
        List<String> lines = new ArrayList<>();
        for (CheckReport report : failed) {
            verdict.append(" * ").append(report.server()).append(" FAILED: ");
            String separator = "";
            for (CheckResult result : report.failures()) {
                verdict.append(separator).append(result.name());
                separator = ", ";
                lines.add(report.server() + "." + result.name() + ": FAILED"
                        + (result.hint().isEmpty() ? "" : " (" + result.hint() + ")"));
            }
        }
        appendPerformance(verdict, all);
        lines.add(0, verdict.toString());
        return lines;
    }

    private String okLine() {
        List<CheckReport> ready = new ArrayList<>();
        StringBuilder ignored = new StringBuilder();
        for (Entry entry : entries) {
            if (entry.report().passed()) {
                ready.add(entry.report());
            } else {
                ignored.append(" * IGNORING: ").append(entry.report().server());
            }
        }
        StringBuilder line = new StringBuilder("BARMAN OK - ");
        if (ready.isEmpty()) {
            line.append("No server configured");
        } else if (ready.size() == 1) {
            line.append("Ready to serve the Espresso backup for ")
                    .append(ready.get(0).server());
        } else {
            line.append("Ready to serve the Espresso backup for ")
                    .append(ready.size())
                    .append(" servers");
            for (CheckReport report : ready) {
                line.append(" * ").append(report.server());
            }
        }
        line.append(ignored);
        appendPerformance(line, ready);
        return line.toString();
    }

    /** The measured sizes: that of the latest backup, then that of the WAL files behind it. */
    private static void appendPerformance(StringBuilder line, List<CheckReport> reports) {
        String separator = "|";
        for (CheckReport report : reports) {
            for (CheckResult result : report.results()) {
                if (result.measuredBytes().isPresent()) {
                    line.append(separator)
                            .append(report.server())
                            .append(result.name().equals("wal size") ? "_wals=" : "=")
                            .append(result.measuredBytes().getAsLong())
                            .append('B');
                    separator = " ";
                }
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What one check found. Immutable.
 *
 * @param name the name of the check, part of the contract with monitoring systems
 * @param passed whether all is well
 * @param hint what was observed or what to do; empty when there is nothing to say
 * @param details further lines, shown below the result
 * @param measuredBytes a size for performance data
 */
public record CheckResult(String name, boolean passed, String hint, List<String> details, OptionalLong measuredBytes) {

    /** The checks whose failure stops neither a backup nor the WAL receiver. */
    private static final Set<String> ADVISORY = Set.of(
            "minimum redundancy requirements",
            "backup maximum age",
            "backup minimum size",
            "failed backups",
            "archiver errors",
            "empty incoming directory",
            "empty streaming directory",
            "incoming WALs directory",
            "streaming WALs directory",
            "wal maximum age",
            "PostgreSQL server is standby");

    public CheckResult {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("a check needs a name");
        }
        details = List.copyOf(details);
    }

    /** All is well, and there is nothing to say. */
    static CheckResult ok(String name) {
        return of(name, true, "");
    }

    /** All is well. */
    static CheckResult ok(String name, String hint) {
        return of(name, true, hint);
    }

    /** Something is wrong. */
    static CheckResult failed(String name, String hint) {
        return of(name, false, hint);
    }

    static CheckResult of(String name, boolean passed, String hint) {
        return new CheckResult(name, passed, hint, List.of(), OptionalLong.empty());
    }

    CheckResult measuring(long bytes) {
        return new CheckResult(name, passed, hint, details, OptionalLong.of(bytes));
    }

    CheckResult withDetails(List<String> lines) {
        return new CheckResult(name, passed, hint, lines, measuredBytes);
    }

    /** Whether a failure of this check stops a backup. */
    public boolean critical() {
        return !ADVISORY.contains(name);
    }
}

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
 * @param critical whether a failure stops a backup
 */
public record CheckResult(
        String name, boolean passed, String hint, List<String> details, OptionalLong measuredBytes, boolean critical) {

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

    /** What a check found whose name tells whether it is critical. */
    public CheckResult(String name, boolean passed, String hint, List<String> details, OptionalLong measuredBytes) {
        this(name, passed, hint, details, measuredBytes, !ADVISORY.contains(name));
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

    /** Something is wrong that does not stop a backup, though other failures of this check do. */
    static CheckResult advisory(String name, String hint) {
        return new CheckResult(name, false, hint, List.of(), OptionalLong.empty(), false);
    }

    static CheckResult of(String name, boolean passed, String hint) {
        return new CheckResult(name, passed, hint, List.of(), OptionalLong.empty());
    }

    CheckResult measuring(long bytes) {
        return new CheckResult(name, passed, hint, details, OptionalLong.of(bytes), critical);
    }

    CheckResult withDetails(List<String> lines) {
        return new CheckResult(name, passed, hint, lines, measuredBytes, critical);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import java.util.ArrayList;
import java.util.List;

/** The results of all checks of one server, in order. Immutable. */
public record CheckReport(String server, List<CheckResult> results) {
    public CheckReport {
        results = List.copyOf(results);
    }

    /** Whether every check passed. */
    public boolean passed() {
        return failures().isEmpty();
    }

    /** Whether a backup may start: no critical check failed. */
    public boolean allowsBackup() {
        for (CheckResult result : results) {
            if (!result.passed() && result.critical()) {
                return false;
            }
        }
        return true;
    }

    /** The failed results. */
    public List<CheckResult> failures() {
        List<CheckResult> failures = new ArrayList<>();
        for (CheckResult result : results) {
            if (!result.passed()) {
                failures.add(result);
            }
        }
        return failures;
    }
}

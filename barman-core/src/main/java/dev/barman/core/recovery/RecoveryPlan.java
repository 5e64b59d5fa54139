// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import java.util.List;

/** The steps of a restore in their order. Making one touches nothing. Immutable; its text has one line per step. */
public record RecoveryPlan(List<RecoveryStep> steps) {
    /** Copies the list. */
    public RecoveryPlan {
        steps = List.copyOf(steps);
    }

    @Override
    public String toString() {
        StringBuilder out = new StringBuilder();
        for (RecoveryStep step : steps) {
            out.append(step.describe()).append('\n');
        }
        return out.toString();
    }
}

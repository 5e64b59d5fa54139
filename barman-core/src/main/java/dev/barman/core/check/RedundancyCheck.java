// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.core.BarmanException;
import java.util.List;

/** Whether there are as many backups as {@code minimum_redundancy} asks for. */
final class RedundancyCheck implements Check {
    @Override
    public String name() {
        return "minimum redundancy requirements";
    }

    @Override
    public List<CheckResult> run(CheckContext context) throws BarmanException {
        int have = context.backups().redundancy();
        int expected = context.server().retention().minimumRedundancy();
        return List.of(CheckResult.of(
                name(), have >= expected, "have " + have + " non-incremental backups, expected at least " + expected));
    }
}

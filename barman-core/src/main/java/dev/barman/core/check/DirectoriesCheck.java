// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import java.util.List;

/** Whether the directories of the server exist; missing ones are created, except for a disabled server. */
final class DirectoriesCheck implements Check {
    @Override
    public String name() {
        return "directories";
    }

    @Override
    public List<CheckResult> run(CheckContext context) {
        if (context.server().disabled()) {
            return List.of();
        }
        return List.of(context.directoryProblem()
                .map(problem -> CheckResult.failed(name(), problem))
                .orElseGet(() -> CheckResult.ok(name())));
    }
}

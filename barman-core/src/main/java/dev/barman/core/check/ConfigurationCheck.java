// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import java.util.List;

/** Whether the configuration of the server can work; each problem is a line of its own. */
final class ConfigurationCheck implements Check {
    @Override
    public String name() {
        return "configuration";
    }

    @Override
    public List<CheckResult> run(CheckContext context) {
        return context.server().disabled()
                ? List.of(CheckResult.failed(name(), "")
                        .withDetails(context.server().problems()))
                : List.of();
    }
}

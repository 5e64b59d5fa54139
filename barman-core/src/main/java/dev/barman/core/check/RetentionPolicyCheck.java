// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import java.util.List;

/** Whether the retention policy can be understood. */
final class RetentionPolicyCheck implements Check {
    @Override
    public String name() {
        return "retention policy settings";
    }

    @Override
    public List<CheckResult> run(CheckContext context) {
        return context.server().retention().policyInvalid()
                ? List.of(CheckResult.failed(name(), "see log"))
                : List.of(CheckResult.ok(name()));
    }
}

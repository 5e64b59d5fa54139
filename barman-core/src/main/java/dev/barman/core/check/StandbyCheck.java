// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.core.postgres.ServerStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Whether {@code conninfo} and {@code primary_conninfo} are a standby and its primary. */
final class StandbyCheck implements Check {
    @Override
    public String name() {
        return "PostgreSQL server is standby";
    }

    @Override
    public List<CheckResult> run(CheckContext context) {
        Optional<ServerStatus> standby = context.inspection().status();
        if (context.server().connection().primaryConninfo() == null || standby.isEmpty()) {
            return List.of();
        }
        List<CheckResult> results = new ArrayList<>();
        if (!standby.get().inRecovery()) {
            results.add(
                    CheckResult.failed(name(), "conninfo should point to a standby server if primary_conninfo is set"));
            return results;
        }
        results.add(CheckResult.ok(name()));
        Optional<ServerStatus> primary = context.inspection().primaryStatus();
        boolean onPrimary = primary.isPresent() && !primary.get().inRecovery();
        results.add(CheckResult.of(
                "Primary server is not a standby",
                onPrimary,
                onPrimary ? "" : "primary_conninfo should point to a primary server, not a standby"));
        boolean sameSystem = primary.isPresent()
                && Objects.equals(
                        primary.get().systemIdentifier(), standby.get().systemIdentifier());
        results.add(CheckResult.of(
                "Primary and standby have same system ID",
                sameSystem,
                sameSystem
                        ? ""
                        : "primary_conninfo and conninfo should point to primary and standby servers which share the same"
                                + " system identifier"));
        return results;
    }
}

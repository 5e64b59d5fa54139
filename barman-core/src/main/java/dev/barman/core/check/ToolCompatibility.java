// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.core.postgres.ServerStatus;
import dev.barman.core.tools.PgTool;
import java.util.Optional;

/** Compares the version of a PostgreSQL client program with that of the server. */
final class ToolCompatibility {
    private ToolCompatibility() {}

    /** The result {@code NAME compatible}; the versions are shown when they do not fit. */
    static CheckResult of(String name, Optional<PgTool> tool, Optional<ServerStatus> status) {
        boolean compatible = tool.isPresent()
                && status.isPresent()
                && tool.get().version().isCompatibleWith(status.get().version());
        String hint = compatible
                ? ""
                : "PostgreSQL version: " + status.map(ServerStatus::versionText).orElse("None") + ", " + name
                        + " version: "
                        + tool.map(found -> found.version().text()).orElse("None");
        return CheckResult.of(name + " compatible", compatible, hint);
    }
}

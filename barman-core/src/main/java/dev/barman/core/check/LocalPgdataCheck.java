// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.core.postgres.ServerStatus;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Whether the data directory of a server on this machine can be read. */
final class LocalPgdataCheck implements Check {
    @Override
    public String name() {
        return "local PGDATA";
    }

    @Override
    public List<CheckResult> run(CheckContext context) {
        String directory = context.inspection()
                .status()
                .map((ServerStatus status) -> status.settings().dataDirectory())
                .orElse(null);
        if (directory == null) {
            return List.of(CheckResult.failed(name(), "the data directory is not known: PostgreSQL cannot be asked"));
        }
        return Files.isReadable(Path.of(directory, "PG_VERSION"))
                ? List.of(CheckResult.ok(name(), "Access to local PGDATA"))
                : List.of(CheckResult.failed(name(), "cannot read PG_VERSION in " + directory));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.core.postgres.ArchiverStatistics;
import dev.barman.core.postgres.ServerStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Whether PostgreSQL ships its WAL files, and the last one arrived. */
final class ArchivingSettingsCheck implements Check {
    @Override
    public String name() {
        return "archive_mode";
    }

    @Override
    public List<CheckResult> run(CheckContext context) {
        Optional<ServerStatus> status = context.inspection().status();
        if (status.isEmpty()) {
            return List.of();
        }
        String mode = status.get().settings().archiveMode();
        boolean on = "on".equals(mode) || "always".equals(mode);
        String command = status.get().settings().archiveCommand();
        boolean commandSet = command != null && !command.isEmpty() && !command.equals("(disabled)");
        List<CheckResult> results = new ArrayList<>();
        results.add(CheckResult.of(name(), on, on ? "" : "please set it to 'on' or 'always'"));
        results.add(CheckResult.of(
                "archive_command", commandSet, commandSet ? "" : "please set it accordingly to documentation"));
        ArchiverStatistics archiver = status.get().archiver();
        if (commandSet && archiver != null) {
            results.add(CheckResult.of("continuous archiving", archiver.isArchiving(mode), ""));
        }
        return results;
    }
}

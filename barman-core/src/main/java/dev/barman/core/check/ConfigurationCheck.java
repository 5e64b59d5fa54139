// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.core.config.BackupCompressionConfig;
import dev.barman.core.config.BackupMethodName;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.postgres.ServerStatus;
import dev.barman.core.tools.BackupCompressionRules;
import dev.barman.core.tools.PgTool;
import java.util.List;
import java.util.Optional;

/** Whether the configuration of the server can work; each problem is a line of its own. */
final class ConfigurationCheck implements Check {
    @Override
    public String name() {
        return "configuration";
    }

    @Override
    public List<CheckResult> run(CheckContext context) {
        ServerConfig server = context.server();
        List<String> problems = server.disabled() ? server.problems() : compressionProblems(context);
        return problems.isEmpty()
                ? List.of()
                : List.of(CheckResult.failed(name(), "").withDetails(problems));
    }

    /** Whether the options of compressed backups fit the versions of the programs; none where these are not known. */
    private static List<String> compressionProblems(CheckContext context) {
        BackupCompressionConfig compression = context.server().backup().compression();
        if (compression == null || context.server().backup().method() != BackupMethodName.POSTGRES) {
            return List.of();
        }
        Optional<PgTool> tool = context.inspection().baseBackup();
        Optional<ServerStatus> status = context.inspection().status();
        return tool.isEmpty() || status.isEmpty()
                ? List.of()
                : BackupCompressionRules.problems(
                        compression, tool.get().version(), status.get().version());
    }
}

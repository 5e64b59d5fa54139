// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.core.BarmanException;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.process.Command;
import dev.barman.process.CommandResult;
import dev.barman.process.CommandRunner;
import dev.barman.process.ShellQuote;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Whether the machine of PostgreSQL, or of the primary Barman, is reached by ssh without a question and without noise. */
final class SshCheck implements Check {
    private static final String OPTIONS = " -o BatchMode=yes -o StrictHostKeyChecking=no";

    @Override
    public String name() {
        return "ssh";
    }

    @Override
    public List<CheckResult> run(CheckContext context) throws BarmanException, IOException {
        boolean passive = context.server().passive();
        String configured = passive
                ? context.server().connection().primarySshCommand()
                : context.server().connection().sshCommand();
        if (configured == null) {
            return List.of();
        }
        String command = configured + OPTIONS;
        CommandResult answer = CommandRunner.run(Command.shell(command + " true"));
        if (!answer.succeeded()) {
            return List.of(CheckResult.failed(
                    name(), "Connection failed using '" + command + "' return code " + answer.exitCode()));
        }
        List<CheckResult> results = new ArrayList<>();
        results.add(CheckResult.ok(name(), passive ? "Barman primary node" : "PostgreSQL server"));
        if (!answer.stdout().isEmpty()) {
            results.add(CheckResult.failed(
                    "ssh output clean",
                    "the configured ssh_command must not add anything to the remote command output"));
        }
        if (!passive && context.inspection().status().isEmpty() && hasBackupLabel(context, command)) {
            results.add(CheckResult.failed(
                    "backup_label", "Check that the PostgreSQL server is up and no 'backup_label' file is in PGDATA."));
        }
        return results;
    }

    /** A server that does not start after an exclusive backup: the file makes it look for WAL that it need not replay. */
    private static boolean hasBackupLabel(CheckContext context, String command) throws BarmanException, IOException {
        String pgdata = context.latestBackup().map(BackupInfo::pgdata).orElse(null);
        if (pgdata == null) {
            return false;
        }
        String test = "test -e " + ShellQuote.quote(pgdata + "/backup_label");
        return CommandRunner.run(Command.shell(command + " " + ShellQuote.quote(test)))
                .succeeded();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import dev.barman.cli.args.Positional;
import dev.barman.cli.frame.Command;
import dev.barman.cli.frame.CommandContext;
import dev.barman.cli.frame.ServerRules;
import dev.barman.cli.output.JsonObject;
import dev.barman.cli.output.JsonWriter;
import dev.barman.cli.output.OutputWriter;
import dev.barman.core.BarmanException;
import dev.barman.core.ConfigException;
import dev.barman.core.backup.ServerCatalog;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.catalog.Backups;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.postgres.ArchiverStatistics;
import dev.barman.core.postgres.ServerStatus;
import dev.barman.core.status.ServerInspection;
import dev.barman.core.text.BarmanDates;
import dev.barman.core.text.HumanSize;
import dev.barman.core.text.PythonText;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code barman status}: a summary of each server. */
public final class StatusCommand implements Command {
    private static final int SECONDS_PER_HOUR = 3600;

    @Override
    public List<Positional> positionals() {
        return List.of(Positional.SERVERS);
    }

    @Override
    public int run(CommandContext context) throws ConfigException, IOException, InterruptedException {
        return context.forEachServer(ServerRules.LOOK, server -> {
            try (ServerInspection inspection = ServerInspection.of(server)) {
                show(new Rows(context.out(), server.name()), inspection);
            }
        });
    }

    /** The rows of one server, as console lines or JSON members. */
    private static final class Rows {
        private final OutputWriter out;
        private final String server;

        Rows(OutputWriter out, String server) {
            this.out = out;
            this.server = server;
            out.print("Server " + server + ":");
        }

        void add(String key, String label, String value) {
            if (out instanceof JsonWriter json) {
                json.document()
                        .object(server)
                        .put(key, new JsonObject().put("description", label).put("message", value));
            } else {
                out.print("\t" + label + ": " + value);
            }
        }
    }

    private static void show(Rows rows, ServerInspection inspection) throws BarmanException {
        ServerConfig server = inspection.server();
        if (server.description() != null) {
            rows.add("description", "Description", server.description());
        }
        rows.add("active", "Active", PythonText.of(server.active()));
        rows.add("disabled", "Disabled", PythonText.of(server.disabled()));
        rows.add("active_model", "Active configuration model", PythonText.str(server.activeModel()));
        if (!server.passive()) {
            showPostgres(rows, inspection);
        }
        rows.add("passive_node", "Passive node", PythonText.of(server.passive()));
        String policy =
                server.retention().policy() == null ? null : server.retention().policyText();
        rows.add(
                "retention_policies",
                "Retention policies",
                policy == null
                        ? "not enforced"
                        : "enforced (mode: auto, retention: " + policy + ", WAL retention: MAIN)");
        showBackups(rows, server);
        if (server.connection().primarySshCommand() != null) {
            rows.add(
                    "primary_ssh_command",
                    "SSH command to primary server",
                    server.connection().primarySshCommand());
        }
    }

    private static void showPostgres(Rows rows, ServerInspection inspection) {
        Optional<ServerStatus> known = inspection.status();
        if (known.isEmpty()) {
            rows.add("pg_version", "PostgreSQL version", "FAILED trying to get PostgreSQL version");
            return;
        }
        ServerStatus status = known.get();
        rows.add("pg_version", "PostgreSQL version", status.versionText());
        rows.add("is_in_recovery", "Cluster state", status.inRecovery() ? "in archive recovery" : "in production");
        if (status.currentSizeBytes() != null) {
            rows.add("current_size", "Current data size", HumanSize.format(status.currentSizeBytes()));
        }
        if (status.settings().dataDirectory() != null) {
            rows.add(
                    "data_directory",
                    "PostgreSQL Data directory",
                    status.settings().dataDirectory());
        }
        if (status.position().segment().isPresent()) {
            rows.add(
                    "current_xlog",
                    "Current WAL segment",
                    status.position().segment().get().text());
        }
        if (inspection.server().archiving().fileArchiver()) {
            showArchiver(rows, status);
        }
    }

    private static void showArchiver(Rows rows, ServerStatus status) {
        String command = status.settings().archiveCommand();
        rows.add(
                "archive_command",
                "PostgreSQL 'archive_command' setting",
                command == null || command.isEmpty() ? "FAILED (please set it accordingly to documentation)" : command);
        ArchiverStatistics archiver = status.archiver();
        if (archiver == null) {
            return;
        }
        rows.add(
                "last_archived_wal",
                "Last archived WAL",
                archiver.lastArchivedWal() == null || archiver.lastArchivedTime() == null
                        ? "No WAL segment shipped yet"
                        : archiver.lastArchivedWal() + ", at " + BarmanDates.ctime(archiver.lastArchivedTime()));
        String failures = Long.toString(archiver.failedCount());
        if (archiver.failedCount() != 0 && archiver.lastFailedTime() != null) {
            failures += " (" + archiver.lastFailedWal() + " at " + BarmanDates.ctime(archiver.lastFailedTime()) + ")";
        }
        rows.add("failed_count", "Failures of WAL archiver", failures);
        double perHour = archiver.archivedPerSecond() * SECONDS_PER_HOUR;
        if (perHour > 0) {
            rows.add(
                    "server_archived_wals_per_hour",
                    "Server WAL archiving rate",
                    PythonText.fixed(perHour, 2) + "/hour");
        }
    }

    private static void showBackups(Rows rows, ServerConfig server) throws BarmanException {
        Backups backups = ServerCatalog.of(server).catalog().load();
        int available = backups.with(status -> status == BackupStatus.DONE).size();
        rows.add("backups_number", "No. of available backups", Integer.toString(available));
        rows.add("first_backup", "First available backup", id(backups.oldest().orElse(null)));
        rows.add("last_backup", "Last available backup", id(backups.latest().orElse(null)));
        int redundancy = backups.redundancy();
        int minimum = server.retention().minimumRedundancy();
        rows.add(
                "minimum_redundancy",
                "Minimum redundancy requirements",
                (redundancy >= minimum ? "satisfied" : "FAILED") + " (" + redundancy + "/" + minimum + ")");
    }

    private static String id(@Nullable BackupInfo backup) {
        return backup == null ? "None" : backup.id().value();
    }
}

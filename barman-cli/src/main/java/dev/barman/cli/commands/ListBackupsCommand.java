// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import com.beust.jcommander.Parameter;
import dev.barman.cli.args.Positional;
import dev.barman.cli.frame.Command;
import dev.barman.cli.frame.CommandContext;
import dev.barman.cli.frame.ServerRules;
import dev.barman.cli.output.JsonObject;
import dev.barman.cli.output.JsonWriter;
import dev.barman.core.BarmanException;
import dev.barman.core.backup.ServerCatalog;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.catalog.BackupWalInfo;
import dev.barman.core.catalog.Backups;
import dev.barman.core.catalog.InvalidWalNameException;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.retention.RetentionReport;
import dev.barman.core.retention.RetentionStatus;
import dev.barman.core.text.BarmanDates;
import dev.barman.core.text.HumanSize;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** {@code barman list-backups}: the backups of servers, newest first. */
public final class ListBackupsCommand implements Command {
    @Parameter(names = "--minimal", description = "IDs only")
    boolean minimal;

    @Override
    public List<Positional> positionals() {
        return List.of(Positional.SERVERS);
    }

    @Override
    public int run(CommandContext context) throws BarmanException, IOException, InterruptedException {
        return context.forEachServer(ServerRules.LOOK, server -> list(context, server));
    }

    private void list(CommandContext context, ServerConfig server) throws BarmanException, IOException {
        if (context.out() instanceof JsonWriter json) {
            json.document().array(server.name());
        }
        ServerCatalog catalog = ServerCatalog.of(server);
        if (minimal) {
            List<BackupId> ids = catalog.catalog().ids();
            for (int i = ids.size() - 1; i >= 0; i--) {
                if (context.out() instanceof JsonWriter json) {
                    json.document().array(server.name()).add(ids.get(i).value());
                } else {
                    context.out().print(ids.get(i).value());
                }
            }
            return;
        }
        Backups backups = catalog.catalog().load();
        List<BackupInfo> copied = backups.with(BackupStatus::isCopyDone);
        Map<BackupId, BackupWalInfo> figures = copied.isEmpty() ? Map.of() : catalog.walFigures(backups, copied);
        RetentionReport retention = catalog.retention(backups, context.clock());
        for (int i = backups.all().size() - 1; i >= 0; i--) {
            BackupInfo backup = backups.all().get(i);
            BackupWalInfo wal = figures.getOrDefault(backup.id(), BackupWalInfo.none(backup));
            if (wal.invalidName() != null) {
                context.out().error(InvalidWalNameException.message("WAL", wal.invalidName(), server.name()));
            } else if (context.out() instanceof JsonWriter json) {
                json.document().array(server.name()).add(json(backup, wal, retention.statusOf(backup.id())));
            } else {
                context.out().print(line(server.name(), backup, wal, retention.statusOf(backup.id())));
            }
        }
    }

    private static String line(String server, BackupInfo backup, BackupWalInfo wal, RetentionStatus retention) {
        StringBuilder line = new StringBuilder(160).append(server).append(' ').append(backup.id());
        if (backup.backupName() != null) {
            line.append(" '").append(backup.backupName()).append('\'');
        }
        line.append(" - ").append(backup.type().letter()).append(" - ");
        if (!backup.status().isCopyDone()) {
            return line.append(backup.status()).toString();
        }
        line.append(backup.endTime() == null ? "None" : BarmanDates.ctime(backup.endTime()))
                .append(" - Size: ")
                .append(HumanSize.format(size(backup, wal)))
                .append(" - WAL Size: ")
                .append(HumanSize.format(wal.untilNextSizeBytes()));
        if (backup.status() == BackupStatus.WAITING_FOR_WALS) {
            line.append(" - ").append(backup.status());
        }
        if (retention != RetentionStatus.VALID && retention != RetentionStatus.NONE) {
            line.append(" - ").append(retention);
        }
        return line.toString();
    }

    private static JsonObject json(BackupInfo backup, BackupWalInfo wal, RetentionStatus retention) {
        JsonObject row = new JsonObject()
                .put("backup_id", backup.id().value())
                .put("backup_type", backup.type().text())
                .put("status", backup.status().name());
        if (backup.backupName() != null) {
            row.put("backup_name", backup.backupName());
        }
        if (!backup.status().isCopyDone()) {
            return row;
        }
        if (backup.endTime() != null) {
            row.put("end_time", BarmanDates.ctime(backup.endTime()))
                    .put("end_time_timestamp", Long.toString(backup.endTime().toEpochSecond()));
        }
        RetentionStatus shown = retention == RetentionStatus.VALID ? RetentionStatus.NONE : retention;
        return row.put("retention_status", shown.toString())
                .put("size", HumanSize.format(size(backup, wal)))
                .put("size_bytes", size(backup, wal))
                .put("wal_size", HumanSize.format(wal.untilNextSizeBytes()))
                .put("wal_size_bytes", wal.untilNextSizeBytes());
    }

    /** The backup with the WAL that makes it consistent. */
    private static long size(BackupInfo backup, BackupWalInfo wal) {
        return (backup.size() == null ? 0 : backup.size()) + wal.sizeBytes();
    }
}

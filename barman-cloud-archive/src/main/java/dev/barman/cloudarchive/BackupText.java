// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.catalog.PythonLiteral;
import dev.barman.core.catalog.Tablespace;
import dev.barman.core.text.BarmanDates;
import dev.barman.core.text.HumanDuration;
import dev.barman.core.text.HumanSize;
import dev.barman.core.text.PythonText;
import java.time.OffsetDateTime;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The metadata of a backup for people, in the form of the original's cloud commands. One use. */
final class BackupText {
    private final StringBuilder text = new StringBuilder();

    private BackupText() {}

    /** The lines, each with its line feed. */
    static String of(BackupInfo backup) {
        BackupText report = new BackupText();
        report.write(backup);
        return report.text.toString();
    }

    private void write(BackupInfo backup) {
        boolean done = backup.status().isCopyDone();
        line("Backup " + backup.id() + ":");
        if (backup.backupName() != null) {
            top("Backup Name", backup.backupName());
        }
        top("Server Name", backup.serverName());
        if (backup.systemid() != null) {
            top("System Id", backup.systemid());
        }
        top("Status", backup.status().name());
        if (done) {
            top("PostgreSQL Version", backup.version());
            top("PGDATA directory", backup.pgdata());
            if (backup.clusterSize() != null && backup.clusterSize() > 0) {
                top("Estimated Cluster Size", HumanSize.format(backup.clusterSize()));
            }
            line("");
        } else if (backup.dataChecksums() != null || backup.summarizeWal() != null) {
            line("");
        }
        serverInformation(backup);
        if (!done) {
            if (backup.status() == BackupStatus.FAILED && backup.error() != null) {
                top("Error", backup.error());
            }
            return;
        }
        if (backup.snapshotsInfo() != null) {
            snapshots(backup.snapshotsInfo());
        }
        if (!backup.tablespaces().isEmpty()) {
            line("  Tablespaces:");
            for (Tablespace tablespace : backup.tablespaces()) {
                row(tablespace.name(), tablespace.location() + " (oid: " + tablespace.oid() + ")");
            }
            line("");
        }
        baseBackup(backup);
    }

    private void serverInformation(BackupInfo backup) {
        if (backup.dataChecksums() == null && backup.summarizeWal() == null) {
            return;
        }
        line("  Server information:");
        if (backup.dataChecksums() != null) {
            row("Checksums", backup.dataChecksums());
        }
        if (backup.summarizeWal() != null) {
            row("WAL summarizer", backup.summarizeWal());
        }
        line("");
    }

    private void snapshots(PythonLiteral info) {
        line("  Snapshot information:");
        row("provider", plain(info.at("provider").orElse(PythonLiteral.NONE)));
        fields(info.at("provider_info").orElse(PythonLiteral.NONE));
        line("");
        for (PythonLiteral snapshot :
                info.at("snapshots").orElse(PythonLiteral.NONE).itemsOrEmpty()) {
            fields(snapshot.at("provider").orElse(PythonLiteral.NONE));
            PythonLiteral mount = snapshot.at("mount").orElse(PythonLiteral.NONE);
            row("Mount point", plain(mount.at("mount_point").orElse(PythonLiteral.NONE)));
            row("Mount options", plain(mount.at("mount_options").orElse(PythonLiteral.NONE)));
            line("");
        }
    }

    private void fields(PythonLiteral dictionary) {
        if (dictionary instanceof PythonLiteral.Dict dict) {
            TreeMap<String, String> sorted = new TreeMap<>();
            dict.entries().forEach((key, value) -> sorted.put(plain(key), plain(value)));
            sorted.forEach(this::row);
        }
    }

    private static String plain(PythonLiteral value) {
        return value instanceof PythonLiteral.Text plain ? plain.value() : value.toString();
    }

    private void baseBackup(BackupInfo backup) {
        line("  Base backup information:");
        row("Timeline", backup.timeline() == null ? null : backup.timeline().value());
        row("Begin WAL", backup.beginWal());
        row("End WAL", backup.endWal());
        row("Begin time", date(backup.beginTime()));
        row("End time", date(backup.endTime()));
        PythonLiteral statistics = backup.copyStats();
        OptionalDouble copy = statistics == null ? OptionalDouble.empty() : statistics.numberAt("copy_time");
        if (statistics != null && copy.isPresent()) {
            String time = HumanDuration.ofSeconds(copy.getAsDouble());
            double analysis = statistics.numberAt("analysis_time").orElse(0);
            row("Copy time", analysis >= 1 ? time + " + " + HumanDuration.ofSeconds(analysis) + " startup" : time);
        }
        row("Begin Offset", backup.beginOffset());
        row("End Offset", backup.endOffset());
        row("Begin LSN", backup.beginXlog());
        row("End LSN", backup.endXlog());
        line("");
    }

    private static @Nullable String date(@Nullable OffsetDateTime time) {
        return time == null ? null : BarmanDates.withOffset(time);
    }

    private void top(String label, @Nullable Object value) {
        line("  " + label + " ".repeat(Math.max(0, 23 - label.length())) + ": " + PythonText.str(value));
    }

    private void row(String label, @Nullable Object value) {
        line("    " + label + " ".repeat(Math.max(0, 21 - label.length())) + ": " + PythonText.str(value));
    }

    private void line(String line) {
        text.append(line).append('\n');
    }
}

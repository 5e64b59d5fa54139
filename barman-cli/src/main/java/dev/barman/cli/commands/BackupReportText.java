// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import dev.barman.core.backup.BackupReport;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupType;
import dev.barman.core.catalog.BackupWalInfo;
import dev.barman.core.catalog.PythonLiteral;
import dev.barman.core.catalog.Tablespace;
import dev.barman.core.text.BarmanDates;
import dev.barman.core.text.HumanDuration;
import dev.barman.core.text.HumanSize;
import dev.barman.core.text.PythonText;
import dev.barman.wal.TimelineId;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The console form of {@code show-backup}. */
final class BackupReportText {
    private static final int TOP_WIDTH = 23;
    private static final int SECTION_WIDTH = 21;

    private final List<String> lines = new ArrayList<>();

    /**
     * Renders a backup.
     *
     * @param report null for a backup that is not completely copied
     */
    BackupReportText(String server, BackupInfo backup, @Nullable BackupReport report) {
        lines.add("Backup " + backup.id() + ":");
        if (backup.backupName() != null) {
            top("Backup Name", backup.backupName());
        }
        top("Server Name", server);
        if (backup.systemid() != null) {
            top("System Id", backup.systemid());
        }
        top("Status", backup.status());
        if (report != null) {
            top("PostgreSQL Version", backup.version());
            top("PGDATA directory", backup.pgdata());
            if (backup.clusterSize() != null && backup.clusterSize() > 0) {
                top("Estimated Cluster Size", HumanSize.format(backup.clusterSize()));
            }
        }
        lines.add("");
        serverInformation(backup);
        if (report == null) {
            if (backup.error() != null) {
                top("Error", backup.error());
            }
            return;
        }
        if (backup.snapshotsInfo() != null) {
            snapshots(backup.snapshotsInfo());
        }
        if (!backup.tablespaces().isEmpty()) {
            title("Tablespaces");
            for (Tablespace tablespace : backup.tablespaces()) {
                row(tablespace.name(), tablespace.location() + " (oid: " + tablespace.oid() + ")");
            }
            lines.add("");
        }
        baseBackup(report);
        walInformation(report);
        catalogInformation(report);
    }

    List<String> lines() {
        return lines;
    }

    private void serverInformation(BackupInfo backup) {
        if (backup.dataChecksums() == null && backup.summarizeWal() == null) {
            return;
        }
        title("Server information");
        if (backup.dataChecksums() != null) {
            row("Checksums", backup.dataChecksums());
        }
        if (backup.summarizeWal() != null) {
            row("WAL summarizer", backup.summarizeWal());
        }
        lines.add("");
    }

    private void snapshots(PythonLiteral info) {
        title("Snapshot information");
        row("provider", info.at("provider").map(BackupReportText::plain).orElse("None"));
        fields(info.at("provider_info").orElse(PythonLiteral.NONE));
        lines.add("");
        for (PythonLiteral snapshot :
                info.at("snapshots").orElse(PythonLiteral.NONE).itemsOrEmpty()) {
            fields(snapshot.at("provider").orElse(PythonLiteral.NONE));
            PythonLiteral mount = snapshot.at("mount").orElse(PythonLiteral.NONE);
            row(
                    "Mount point",
                    mount.at("mount_point").map(BackupReportText::plain).orElse("None"));
            row(
                    "Mount options",
                    mount.at("mount_options").map(BackupReportText::plain).orElse("None"));
            lines.add("");
        }
    }

    /** The entries of a dictionary, sorted by their keys. */
    private void fields(PythonLiteral dictionary) {
        if (dictionary instanceof PythonLiteral.Dict dict) {
            Map<String, String> sorted = new TreeMap<>();
            dict.entries().forEach((key, value) -> sorted.put(plain(key), plain(value)));
            sorted.forEach(this::row);
        }
    }

    private static String plain(PythonLiteral value) {
        return value instanceof PythonLiteral.Text text ? text.value() : value.toString();
    }

    private void baseBackup(BackupReport report) {
        BackupInfo backup = report.backup();
        BackupWalInfo wal = report.wal();
        title("Base backup information");
        row("Backup Method", backup.mode());
        if (backup.encryption() != null) {
            row("Encryption", backup.encryption());
        }
        if ("postgres".equals(backup.mode())) {
            row("Backup Type", backup.type().text());
        }
        if (report.deduplicatedSize() > 0) {
            String size = HumanSize.format(report.deduplicatedSize());
            if (wal.sizeBytes() > 0) {
                size += " (" + HumanSize.format(report.sizeWithWals()) + " with WALs)";
            }
            row("Backup Size", size);
        }
        if (backup.compression() != null && !backup.compression().equals("none")) {
            row("Backup Compression", backup.compression());
        }
        if (wal.sizeBytes() > 0) {
            row("WAL Size", HumanSize.format(wal.sizeBytes()));
        }
        if (report.savesResources()) {
            row(
                    "Resources saved",
                    HumanSize.format(report.resourcesSaved()) + " (" + PythonText.percent(backup.deduplicationRatio())
                            + ")");
        }
        row("Timeline", backup.timeline() == null ? null : backup.timeline().value());
        row("Begin WAL", backup.beginWal());
        row("End WAL", backup.endWal());
        if (wal.count() > 0) {
            row("Number of WALs", wal.count());
        }
        if (wal.compressionRatio() > 0) {
            row("WAL compression ratio", PythonText.percent(wal.compressionRatio()));
        }
        row("Begin time", date(backup.beginTime()));
        row("End time", date(backup.endTime()));
        copyStatistics(report);
        row("Begin Offset", backup.beginOffset());
        row("End Offset", backup.endOffset());
        row("Begin LSN", backup.beginXlog());
        row("End LSN", backup.endXlog());
        lines.add("");
    }

    private void copyStatistics(BackupReport report) {
        if (report.copySeconds().isEmpty()) {
            return;
        }
        String time = HumanDuration.ofSeconds(report.copySeconds().getAsDouble());
        double analysis = report.analysisSeconds().orElse(0);
        if (analysis >= 1) {
            time += " + " + HumanDuration.ofSeconds(analysis) + " startup";
        }
        row("Copy time", time);
        if (report.throughput().isPresent()) {
            String throughput = HumanSize.format(report.throughput().getAsDouble()) + "/s";
            if (report.workers() > 1) {
                throughput += " (" + report.workers() + " jobs)";
            }
            row("Estimated throughput", throughput);
        }
    }

    private void walInformation(BackupReport report) {
        BackupWalInfo wal = report.wal();
        title("WAL information");
        row("Number of files", wal.untilNextCount());
        row("Disk usage", HumanSize.format(wal.untilNextSizeBytes()));
        if (wal.perSecond() > 0) {
            row("WAL rate", PythonText.fixed(wal.perSecond() * 3600, 2) + "/hour");
        }
        if (wal.untilNextCompressionRatio() > 0) {
            row("Compression ratio", PythonText.percent(wal.untilNextCompressionRatio()));
        }
        row("Last available", wal.last() == null ? null : wal.last().name());
        if (!report.childTimelines().isEmpty()) {
            List<String> timelines = new ArrayList<>();
            for (TimelineId timeline : report.childTimelines()) {
                timelines.add(Long.toString(timeline.value()));
            }
            row("Reachable timelines", String.join(", ", timelines));
        }
        lines.add("");
    }

    private void catalogInformation(BackupReport report) {
        BackupInfo backup = report.backup();
        title("Catalog information");
        row("Retention Policy", BackupReportJson.retention(report));
        row("Previous Backup", BackupReportJson.previous(report));
        row("Next Backup", BackupReportJson.next(report));
        if (!report.childTimelines().isEmpty()) {
            lines.add("");
            lines.add("WARNING: WAL information is inaccurate due to multiple timelines interacting with this backup");
        }
        if (backup.type() == BackupType.INCREMENTAL) {
            row("Root Backup", report.chain().get(report.chain().size() - 1).id());
            row("Parent Backup", backup.parentBackupId());
            row("Backup chain size", report.chain().size());
        }
        if ("postgres".equals(backup.mode()) && !backup.childrenBackupIds().isEmpty()) {
            List<String> children = new ArrayList<>();
            for (BackupId child : backup.childrenBackupIds()) {
                children.add(child.value());
            }
            row("Children Backup(s)", String.join(",", children));
        }
    }

    private static @Nullable String date(@Nullable OffsetDateTime date) {
        return date == null ? null : BarmanDates.withOffset(date);
    }

    private void title(String text) {
        lines.add("  " + text + ":");
    }

    private void top(String label, @Nullable Object value) {
        line("  ", label, TOP_WIDTH, value);
    }

    private void row(String label, @Nullable Object value) {
        line("    ", label, SECTION_WIDTH, value);
    }

    private void line(String indent, String label, int width, @Nullable Object value) {
        StringBuilder line = new StringBuilder(80).append(indent).append(label);
        for (int i = label.length(); i < width; i++) {
            line.append(' ');
        }
        lines.add(line.append(": ").append(PythonText.str(value)).toString());
    }
}

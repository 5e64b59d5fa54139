// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import dev.barman.cli.output.JsonArray;
import dev.barman.cli.output.JsonObject;
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
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The JSON form of {@code show-backup}. */
final class BackupReportJson {
    /** Barman's source indentation is part of this text. */
    private static final String GAP = " ".repeat(21);

    private BackupReportJson() {}

    /**
     * Fills the object of a server.
     *
     * @param report null for a backup that is not completely copied
     */
    static void fill(JsonObject out, BackupInfo backup, @Nullable BackupReport report) {
        out.put("backup_id", backup.id().value()).put("status", backup.status().name());
        if (backup.backupName() != null) {
            out.put("backup_name", backup.backupName());
        }
        if (backup.systemid() != null) {
            out.put("system_id", backup.systemid());
        }
        out.object("server_information")
                .put("data_checksums", backup.dataChecksums())
                .put("summarize_wal", backup.summarizeWal());
        if (report == null) {
            if (backup.error() != null) {
                out.put("error", backup.error());
            }
            return;
        }
        out.put("backup_type", backup.type().text());
        number(out, "postgresql_version", backup.version());
        out.put("pgdata_directory", backup.pgdata());
        if (backup.clusterSize() != null && backup.clusterSize() > 0) {
            size(out, "cluster_size", backup.clusterSize());
        }
        if (backup.snapshotsInfo() != null) {
            put(out, "snapshots_info", backup.snapshotsInfo());
        }
        JsonArray tablespaces = out.array("tablespaces");
        for (Tablespace tablespace : backup.tablespaces()) {
            tablespaces.add(new JsonObject()
                    .put("name", tablespace.name())
                    .put("oid", tablespace.oid())
                    .put("location", tablespace.location()));
        }
        baseBackup(out.object("base_backup_information"), report);
        wal(out.object("wal_information"), report);
        catalog(out.object("catalog_information"), report);
    }

    /** The verdict of the retention policy in words. */
    static String retention(BackupReport report) {
        return report.retention() == null ? "not enforced" : report.retention().toString();
    }

    /** The backup before, in words. */
    static String previous(BackupReport report) {
        return report.previous() == null
                ? "- (this is the oldest base backup)"
                : report.previous().value();
    }

    /** The backup after, in words. */
    static String next(BackupReport report) {
        return report.next() == null
                ? "- (this is the latest base backup)"
                : report.next().value();
    }

    private static void baseBackup(JsonObject out, BackupReport report) {
        BackupInfo backup = report.backup();
        BackupWalInfo wal = report.wal();
        out.put("backup_method", backup.mode());
        out.put("encryption", backup.encryption());
        size(out, "backup_size", report.deduplicatedSize());
        size(out, "backup_size_with_wals", report.sizeWithWals());
        out.put("compression", backup.compression());
        size(out, "wal_size", wal.sizeBytes());
        if (report.savesResources()) {
            size(out, "resources_saved", report.resourcesSaved());
            out.put("resources_saved_percentage", PythonText.percent(backup.deduplicationRatio()));
        }
        number(
                out,
                "timeline",
                backup.timeline() == null ? null : backup.timeline().value());
        out.put("begin_wal", text(backup.beginWal()));
        out.put("end_wal", text(backup.endWal()));
        out.put("wal_num", wal.count());
        if (wal.compressionRatio() > 0) {
            out.put("wal_compression_ratio", PythonText.percent(wal.compressionRatio()));
        }
        date(out, "begin_time", backup.beginTime());
        date(out, "end_time", backup.endTime());
        if (report.copySeconds().isPresent()) {
            duration(out, "copy_time", report.copySeconds().getAsDouble());
            if (report.analysisSeconds().orElse(0) >= 1) {
                duration(out, "analysis_time", report.analysisSeconds().getAsDouble());
            }
            if (report.throughput().isPresent()) {
                double throughput = report.throughput().getAsDouble();
                out.put("throughput", HumanSize.format(throughput) + "/s").put("throughput_bytes", (long) throughput);
            }
            out.put("number_of_workers", report.workers());
        }
        number(out, "begin_offset", backup.beginOffset());
        number(out, "end_offset", backup.endOffset());
        out.put("begin_lsn", text(backup.beginXlog()));
        out.put("end_lsn", text(backup.endXlog()));
    }

    private static void wal(JsonObject out, BackupReport report) {
        BackupWalInfo wal = report.wal();
        out.put("no_of_files", wal.untilNextCount());
        size(out, "disk_usage", wal.untilNextSizeBytes());
        if (wal.perSecond() > 0) {
            out.put("wal_rate", PythonText.fixed(wal.perSecond() * 3600, 2) + "/hour")
                    .put("wal_rate_per_second", wal.perSecond());
        } else {
            out.put("wal_rate", 0).put("wal_rate_per_second", 0);
        }
        if (wal.untilNextCompressionRatio() > 0) {
            out.put("compression_ratio", PythonText.percent(wal.untilNextCompressionRatio()));
        } else {
            out.put("compression_ratio", 0);
        }
        out.put("last_available", wal.last() == null ? null : wal.last().name());
        JsonArray timelines = out.array("timelines");
        for (TimelineId timeline : report.childTimelines()) {
            timelines.add(Long.toString(timeline.value()));
        }
        if (!report.childTimelines().isEmpty()) {
            out.put(
                    "_WARNING",
                    "WAL information is inaccurate" + GAP + "due to multiple timelines interacting with" + GAP
                            + "this backup");
        }
    }

    private static void catalog(JsonObject out, BackupReport report) {
        BackupInfo backup = report.backup();
        out.put("retention_policy", retention(report))
                .put("previous_backup", previous(report))
                .put("next_backup", next(report));
        if (backup.type() == BackupType.INCREMENTAL) {
            out.put(
                            "root_backup_id",
                            report.chain().get(report.chain().size() - 1).id().value())
                    .put("parent_backup_id", text(backup.parentBackupId()))
                    .put("chain_size", report.chain().size());
        }
        if ("postgres".equals(backup.mode())) {
            if (backup.childrenBackupIds().isEmpty()) {
                out.putNull("children_backup_ids");
            } else {
                JsonArray children = out.array("children_backup_ids");
                for (BackupId child : backup.childrenBackupIds()) {
                    children.add(child.value());
                }
            }
        }
    }

    private static void size(JsonObject out, String key, long bytes) {
        out.put(key, HumanSize.format(bytes)).put(key + "_bytes", bytes);
    }

    private static void duration(JsonObject out, String key, double seconds) {
        out.put(key, HumanDuration.ofSeconds(seconds)).put(key + "_seconds", seconds);
    }

    private static void date(JsonObject out, String key, @Nullable OffsetDateTime date) {
        out.put(key, date == null ? null : BarmanDates.withOffset(date));
        out.put(key + "_timestamp", date == null ? null : Long.toString(date.toEpochSecond()));
    }

    private static void number(JsonObject out, String key, @Nullable Number value) {
        if (value == null) {
            out.putNull(key);
        } else {
            out.put(key, value.longValue());
        }
    }

    private static @Nullable String text(@Nullable Object value) {
        return value == null ? null : value.toString();
    }

    private static void put(JsonObject out, String key, PythonLiteral value) {
        if (value instanceof PythonLiteral.Dict dict) {
            JsonObject object = out.object(key);
            for (Map.Entry<PythonLiteral, PythonLiteral> entry : dict.entries().entrySet()) {
                String name = entry.getKey() instanceof PythonLiteral.Text text
                        ? text.value()
                        : entry.getKey().toString();
                put(object, name, entry.getValue());
            }
        } else if (value instanceof PythonLiteral.ListOf || value instanceof PythonLiteral.Tuple) {
            JsonArray array = out.array(key);
            for (PythonLiteral item : value.itemsOrEmpty()) {
                JsonObject holder = new JsonObject();
                put(holder, "item", item);
                add(array, item, holder);
            }
        } else if (value instanceof PythonLiteral.Text text) {
            out.put(key, text.value());
        } else if (value instanceof PythonLiteral.Bool bool) {
            out.put(key, bool.value());
        } else if (value instanceof PythonLiteral.Number number) {
            if (number.digits().matches("[+-]?[0-9]+")) {
                out.put(key, Long.parseLong(number.digits()));
            } else {
                out.put(key, number.value());
            }
        } else {
            out.putNull(key);
        }
    }

    private static void add(JsonArray array, PythonLiteral item, JsonObject holder) {
        if (item instanceof PythonLiteral.Dict) {
            array.add(holder.object("item"));
        } else if (item instanceof PythonLiteral.ListOf || item instanceof PythonLiteral.Tuple) {
            array.add(holder.array("item"));
        } else {
            array.add(item instanceof PythonLiteral.Text text ? text.value() : item.toString());
        }
    }
}

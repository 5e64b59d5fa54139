// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import dev.barman.cli.output.JsonArray;
import dev.barman.cli.output.JsonObject;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.PythonLiteral;
import dev.barman.core.catalog.Tablespace;
import dev.barman.core.text.BarmanDates;
import dev.barman.core.text.PythonText;
import dev.barman.wal.TimelineId;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All fields of {@code backup.info} as JSON members, in Barman's form. */
final class BackupFieldsJson {
    private BackupFieldsJson() {}

    static void fill(JsonObject json, BackupInfo backup) {
        json.put("backup_id", backup.id().value());
        json.put("backup_label", quoted(backup.backupLabel()));
        if (backup.backupName() != null) {
            json.put("backup_name", backup.backupName());
        }
        put(json, "begin_offset", backup.beginOffset());
        json.put("begin_time", ctime(backup.beginTime()));
        json.put("begin_wal", text(backup.beginWal()));
        json.put("begin_xlog", text(backup.beginXlog()));
        json.put("children_backup_ids", joined(backup.childrenBackupIds()));
        Long clusterSize = backup.clusterSize();
        if (clusterSize == null) {
            json.putNull("cluster_size");
        } else {
            json.put("cluster_size", clusterSize.doubleValue());
        }
        json.put("compression", backup.compression());
        json.put("config_file", backup.configFile());
        put(json, "copy_stats", backup.copyStats());
        json.put("data_checksums", backup.dataChecksums());
        put(json, "deduplicated_size", backup.deduplicatedSize());
        json.put("encryption", backup.encryption());
        put(json, "end_offset", backup.endOffset());
        json.put("end_time", ctime(backup.endTime()));
        json.put("end_wal", text(backup.endWal()));
        json.put("end_xlog", text(backup.endXlog()));
        json.put("error", backup.error());
        json.put("hba_file", backup.hbaFile());
        json.put("ident_file", backup.identFile());
        if (backup.includedFiles().isEmpty()) {
            json.putNull("included_files");
        } else {
            json.put("included_files", backup.includedFiles());
        }
        json.put("mode", backup.mode());
        json.put("parent_backup_id", text(backup.parentBackupId()));
        json.put("pgdata", backup.pgdata());
        json.put("server_name", backup.serverName());
        put(json, "size", backup.size());
        if (backup.snapshotsInfo() != null) {
            put(json, "snapshots_info", backup.snapshotsInfo());
        }
        json.put("status", backup.status().name());
        json.put("summarize_wal", backup.summarizeWal());
        json.put("systemid", backup.systemid());
        putTablespaces(json, backup.tablespaces());
        TimelineId timeline = backup.timeline();
        put(json, "timeline", timeline == null ? null : timeline.value());
        Integer version = backup.version();
        put(json, "version", version == null ? null : version.longValue());
        json.put("xlog_segment_size", backup.xlogSegmentSize().bytes());
    }

    private static void putTablespaces(JsonObject json, List<Tablespace> tablespaces) {
        if (tablespaces.isEmpty()) {
            json.putNull("tablespaces");
            return;
        }
        JsonArray array = new JsonArray();
        for (Tablespace tablespace : tablespaces) {
            array.add(
                    new JsonArray().add(tablespace.name()).add(tablespace.oid()).add(tablespace.location()));
        }
        json.put("tablespaces", array);
    }

    private static void put(JsonObject json, String key, @Nullable Long value) {
        if (value == null) {
            json.putNull(key);
        } else {
            json.put(key, value.longValue());
        }
    }

    /** Dictionaries of numbers, texts and further dictionaries, which is all these fields hold; the rest as text. */
    private static void put(JsonObject json, String key, @Nullable PythonLiteral value) {
        if (value == null || value instanceof PythonLiteral.None) {
            json.putNull(key);
        } else if (value instanceof PythonLiteral.Dict dict) {
            JsonObject object = new JsonObject();
            for (Map.Entry<PythonLiteral, PythonLiteral> entry : dict.entries().entrySet()) {
                String name = entry.getKey() instanceof PythonLiteral.Text text
                        ? text.value()
                        : entry.getKey().toString();
                put(object, name, entry.getValue());
            }
            json.put(key, object);
        } else if (value instanceof PythonLiteral.Number number) {
            if (number.digits().matches("-?[0-9]+")) {
                json.put(key, Long.parseLong(number.digits()));
            } else {
                json.put(key, number.value());
            }
        } else if (value instanceof PythonLiteral.Bool bool) {
            json.put(key, bool.value());
        } else if (value instanceof PythonLiteral.Text text) {
            json.put(key, text.value());
        } else {
            json.put(key, value.toString());
        }
    }

    private static @Nullable String quoted(@Nullable String label) {
        return label == null ? null : PythonText.repr(label);
    }

    private static @Nullable String ctime(@Nullable OffsetDateTime time) {
        return time == null ? null : BarmanDates.ctime(time);
    }

    private static @Nullable String text(@Nullable Object value) {
        return value == null ? null : value.toString();
    }

    private static @Nullable String joined(List<BackupId> ids) {
        if (ids.isEmpty()) {
            return null;
        }
        StringBuilder text = new StringBuilder();
        for (BackupId id : ids) {
            text.append(text.length() == 0 ? "" : ",").append(id);
        }
        return text.toString();
    }
}

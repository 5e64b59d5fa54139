// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.PythonLiteral;
import dev.barman.core.catalog.Tablespace;
import dev.barman.core.text.BarmanDates;
import dev.barman.core.text.PythonText;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The metadata of a backup as JSON, in the form of the original's cloud commands. */
final class BackupJson {
    private BackupJson() {}

    /** All fields of {@code backup.info} in its order, then what is not in the file. */
    static PythonJson.Members of(BackupInfo backup) {
        PythonJson.Members json = new PythonJson.Members();
        json.put("backup_label", backup.backupLabel() == null ? null : PythonText.repr(backup.backupLabel()));
        if (backup.backupName() != null) {
            json.put("backup_name", backup.backupName());
        }
        json.put("begin_offset", backup.beginOffset());
        json.put("begin_time", ctime(backup.beginTime()));
        json.put("begin_wal", text(backup.beginWal()));
        json.put("begin_xlog", text(backup.beginXlog()));
        json.put("children_backup_ids", joined(backup.childrenBackupIds()));
        json.put("cluster_size", backup.clusterSize());
        json.put("compression", backup.compression());
        json.put("config_file", backup.configFile());
        json.put("copy_stats", literal(backup.copyStats()));
        json.put("data_checksums", backup.dataChecksums());
        json.put("deduplicated_size", backup.deduplicatedSize());
        json.put("encryption", backup.encryption());
        json.put("end_offset", backup.endOffset());
        json.put("end_time", ctime(backup.endTime()));
        json.put("end_wal", text(backup.endWal()));
        json.put("end_xlog", text(backup.endXlog()));
        json.put("error", backup.error());
        json.put("hba_file", backup.hbaFile());
        json.put("ident_file", backup.identFile());
        json.put("included_files", includedFiles(backup));
        json.put("mode", backup.mode());
        json.put("parent_backup_id", text(backup.parentBackupId()));
        json.put("pgdata", backup.pgdata());
        json.put("server_name", backup.serverName());
        json.put("size", backup.size());
        if (backup.snapshotsInfo() != null) {
            json.put("snapshots_info", literal(backup.snapshotsInfo()));
        }
        json.put("status", backup.status().name());
        json.put("summarize_wal", backup.summarizeWal());
        json.put("systemid", backup.systemid());
        json.put("tablespaces", tablespaces(backup));
        json.put(
                "timeline",
                backup.timeline() == null ? null : (Long) backup.timeline().value());
        json.put(
                "version",
                backup.version() == null ? null : (Long) backup.version().longValue());
        json.put("xlog_segment_size", (Long) backup.xlogSegmentSize().bytes());
        json.put("backup_id", backup.id().value());
        json.put("begin_time_iso", iso(backup.beginTime()));
        json.put("end_time_iso", iso(backup.endTime()));
        return json;
    }

    private static PythonJson includedFiles(BackupInfo backup) {
        if (backup.includedFiles().isEmpty()) {
            return PythonJson.Plain.NULL;
        }
        List<PythonJson> files = new ArrayList<>();
        for (String file : backup.includedFiles()) {
            files.add(new PythonJson.Text(file));
        }
        return new PythonJson.Elements(files);
    }

    private static PythonJson tablespaces(BackupInfo backup) {
        if (backup.tablespaces().isEmpty()) {
            return PythonJson.Plain.NULL;
        }
        List<PythonJson> all = new ArrayList<>();
        for (Tablespace tablespace : backup.tablespaces()) {
            all.add(new PythonJson.Elements(List.of(
                    new PythonJson.Text(tablespace.name()),
                    PythonJson.Plain.of(tablespace.oid()),
                    new PythonJson.Text(tablespace.location()))));
        }
        return new PythonJson.Elements(all);
    }

    private static PythonJson literal(@Nullable PythonLiteral value) {
        if (value == null || value instanceof PythonLiteral.None) {
            return PythonJson.Plain.NULL;
        } else if (value instanceof PythonLiteral.Dict dict) {
            PythonJson.Members members = new PythonJson.Members();
            for (Map.Entry<PythonLiteral, PythonLiteral> entry : dict.entries().entrySet()) {
                members.put(plain(entry.getKey()), literal(entry.getValue()));
            }
            return members;
        } else if (value instanceof PythonLiteral.Number number) {
            return isInteger(number.digits())
                    ? new PythonJson.Plain(number.digits())
                    : PythonJson.Plain.of(number.value());
        } else if (value instanceof PythonLiteral.Bool bool) {
            return new PythonJson.Plain(Boolean.toString(bool.value()));
        } else if (value instanceof PythonLiteral.Text text) {
            return new PythonJson.Text(text.value());
        }
        List<PythonJson> items = new ArrayList<>();
        for (PythonLiteral item : value.itemsOrEmpty()) {
            items.add(literal(item));
        }
        return new PythonJson.Elements(items);
    }

    private static boolean isInteger(String digits) {
        for (int i = digits.startsWith("-") ? 1 : 0; i < digits.length(); i++) {
            if (digits.charAt(i) < '0' || digits.charAt(i) > '9') {
                return false;
            }
        }
        return true;
    }

    private static String plain(PythonLiteral key) {
        return key instanceof PythonLiteral.Text text ? text.value() : key.toString();
    }

    private static @Nullable String ctime(@Nullable OffsetDateTime time) {
        return time == null ? null : BarmanDates.ctime(time);
    }

    private static @Nullable String iso(@Nullable OffsetDateTime time) {
        return time == null ? null : BarmanDates.iso(time);
    }

    private static @Nullable String text(@Nullable Object value) {
        return value == null ? null : value.toString();
    }

    private static @Nullable String joined(List<BackupId> ids) {
        if (ids.isEmpty()) {
            return null;
        }
        List<String> texts = new ArrayList<>();
        for (BackupId id : ids) {
            texts.add(id.value());
        }
        return String.join(",", texts);
    }
}

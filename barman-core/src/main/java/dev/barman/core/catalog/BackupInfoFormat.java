// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import dev.barman.core.text.BarmanDates;
import dev.barman.core.text.PythonText;
import dev.barman.wal.Lsn;
import dev.barman.wal.TimelineId;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The text form of {@code backup.info}: one {@code name=value} per line, sorted by name, as Barman 3.17 writes it.
 *
 * <p>The reader is more tolerant than Barman: fields of newer releases are kept (Barman refuses the whole catalogue), and what
 * a passive node of Barman damages is repaired: a {@code backup_label} quoted twice, children ids with a comma between all characters.
 */
public final class BackupInfoFormat {
    private static final String NULL = "None";

    private BackupInfoFormat() {}

    /**
     * Reads the content of a metadata file.
     *
     * @param content UTF-8
     * @param source what to call the file in messages
     * @param defaultServerName the server's name when the file has none, as files of old releases
     * @param defaultMode the mode when the file has none
     * @throws BackupInfoFormatException naming source, line or field, and what is wrong
     */
    public static BackupInfo parse(
            byte[] content, BackupId id, String source, String defaultServerName, @Nullable String defaultMode)
            throws BackupInfoFormatException {
        BackupInfo.Builder builder =
                BackupInfo.builder(id).serverName(defaultServerName).mode(defaultMode);
        String text = new String(content, StandardCharsets.UTF_8);
        int start = 0;
        while (start < text.length()) {
            int end = text.indexOf('\n', start);
            if (end < 0) {
                end = text.length();
            }
            String line = text.substring(start, end);
            start = end + 1;
            if (line.isBlank() || line.charAt(0) == '#') {
                continue;
            }
            int equals = line.indexOf('=');
            if (equals < 0) {
                throw new BackupInfoFormatException("invalid line " + line.strip() + " in file " + source);
            }
            String name = line.substring(0, equals).strip();
            String value = line.substring(equals + 1).strip();
            try {
                set(builder, name, value);
            } catch (IllegalArgumentException e) {
                throw new BackupInfoFormatException(
                        "invalid value '" + value + "' of field '" + name + "' in file " + source, e);
            }
        }
        return builder.build();
    }

    /** The content of the metadata file, UTF-8 when encoded. */
    public static String format(BackupInfo info) {
        Map<String, String> fields = fields(info);
        StringBuilder out = new StringBuilder(2048);
        for (Map.Entry<String, String> field : fields.entrySet()) {
            out.append(field.getKey()).append('=').append(field.getValue()).append('\n');
        }
        return out.toString();
    }

    /** The lines of the metadata file, by field name, sorted; the texts are as in the file. */
    public static Map<String, String> fields(BackupInfo info) {
        Map<String, String> fields = new TreeMap<>(info.unknownFields());
        fields.put("backup_label", literal(info.backupLabel()));
        if (info.backupName() != null) {
            fields.put("backup_name", text(info.backupName()));
        }
        fields.put("begin_offset", plain(info.beginOffset()));
        fields.put("begin_time", date(info.beginTime()));
        fields.put("begin_wal", info.beginWal() == null ? NULL : info.beginWal().text());
        fields.put("begin_xlog", plain(info.beginXlog()));
        fields.put("children_backup_ids", join(info.childrenBackupIds()));
        fields.put("cluster_size", plain(info.clusterSize()));
        fields.put("compression", text(info.compression()));
        fields.put("config_file", text(info.configFile()));
        fields.put("copy_stats", literal(info.copyStats()));
        fields.put("data_checksums", text(info.dataChecksums()));
        fields.put("deduplicated_size", plain(info.deduplicatedSize()));
        fields.put("encryption", text(info.encryption()));
        fields.put("end_offset", plain(info.endOffset()));
        fields.put("end_time", date(info.endTime()));
        fields.put("end_wal", info.endWal() == null ? NULL : info.endWal().text());
        fields.put("end_xlog", plain(info.endXlog()));
        fields.put("error", text(info.error()));
        fields.put("hba_file", text(info.hbaFile()));
        fields.put("ident_file", text(info.identFile()));
        fields.put("included_files", info.includedFiles().isEmpty() ? NULL : PythonText.repr(info.includedFiles()));
        fields.put("mode", text(info.mode()));
        fields.put("parent_backup_id", plain(info.parentBackupId()));
        fields.put("pgdata", text(info.pgdata()));
        fields.put("server_name", text(info.serverName()));
        fields.put("size", plain(info.size()));
        if (info.snapshotsInfo() != null) {
            fields.put("snapshots_info", literal(info.snapshotsInfo()));
        }
        fields.put("status", info.status().name());
        fields.put("summarize_wal", text(info.summarizeWal()));
        fields.put("systemid", text(info.systemid()));
        fields.put("tablespaces", tablespaces(info.tablespaces()));
        fields.put(
                "timeline",
                info.timeline() == null ? NULL : Long.toString(info.timeline().value()));
        fields.put("version", plain(info.version()));
        fields.put("xlog_segment_size", Long.toString(info.xlogSegmentSize().bytes()));
        return fields;
    }

    private static void set(BackupInfo.Builder builder, String name, String value) {
        switch (name) {
            case "backup_label" -> builder.backupLabel(label(value));
            case "backup_name" -> builder.backupName(nullable(value));
            case "begin_offset" -> builder.beginOffset(number(value));
            case "begin_time" -> builder.beginTime(parseDate(value));
            case "begin_wal" -> builder.beginWal(isNull(value) ? null : WalSegmentName.parse(value));
            case "begin_xlog" -> builder.beginXlog(isNull(value) ? null : Lsn.parse(value));
            case "children_backup_ids" -> builder.childrenBackupIds(ids(value));
            case "cluster_size" -> builder.clusterSize(number(value));
            case "compression" -> builder.compression(nullable(value));
            case "config_file" -> builder.configFile(nullable(value));
            case "copy_stats" -> builder.copyStats(parseLiteral(value));
            case "data_checksums" -> builder.dataChecksums(nullable(value));
            case "deduplicated_size" -> builder.deduplicatedSize(number(value));
            case "encryption" -> builder.encryption(nullable(value));
            case "end_offset" -> builder.endOffset(number(value));
            case "end_time" -> builder.endTime(parseDate(value));
            case "end_wal" -> builder.endWal(isNull(value) ? null : WalSegmentName.parse(value));
            case "end_xlog" -> builder.endXlog(isNull(value) ? null : Lsn.parse(value));
            case "error" -> builder.error(nullable(value));
            case "hba_file" -> builder.hbaFile(nullable(value));
            case "ident_file" -> builder.identFile(nullable(value));
            case "included_files" -> builder.includedFiles(texts(value));
            case "mode" -> builder.mode(nullable(value));
            case "parent_backup_id" -> builder.parentBackupId(isNull(value) ? null : BackupId.of(value));
            case "pgdata" -> builder.pgdata(nullable(value));
            case "server_name" -> builder.serverName(nullable(value));
            case "size" -> builder.size(number(value));
            case "snapshots_info" -> builder.snapshotsInfo(parseLiteral(value));
            case "status" -> builder.status(isNull(value) ? BackupStatus.EMPTY : BackupStatus.valueOf(value));
            case "summarize_wal" -> builder.summarizeWal(nullable(value));
            case "systemid" -> builder.systemid(nullable(value));
            case "tablespaces" -> builder.tablespaces(parseTablespaces(value));
            case "timeline" -> builder.timeline(isNull(value) ? null : TimelineId.of(Long.parseLong(value)));
            case "version" -> builder.version(isNull(value) ? null : Integer.valueOf(value));
            case "xlog_segment_size" ->
                builder.xlogSegmentSize(
                        isNull(value) ? WalSegmentSize.DEFAULT : WalSegmentSize.of(Long.parseLong(value)));
            default -> builder.unknownField(name, value);
        }
    }

    private static boolean isNull(String value) {
        return value.equals(NULL);
    }

    private static @Nullable String nullable(String value) {
        return isNull(value) ? null : value;
    }

    private static @Nullable Long number(String value) {
        return isNull(value) ? null : Long.valueOf(value);
    }

    private static @Nullable OffsetDateTime parseDate(String value) {
        return isNull(value) ? null : BarmanDates.parse(value, ZoneId.systemDefault());
    }

    private static @Nullable PythonLiteral parseLiteral(String value) {
        PythonLiteral literal = PythonLiteral.parse(value);
        return literal.isFalse() ? null : literal;
    }

    private static @Nullable String label(String value) {
        PythonLiteral literal = PythonLiteral.parse(value);
        if (!(literal instanceof PythonLiteral.Text text) || text.value().isEmpty()) {
            if (literal.isFalse()) {
                return null;
            }
            throw new IllegalArgumentException("not a text: " + value);
        }
        char first = text.value().charAt(0);
        if (first == '\'' || first == '"') {
            // A passive node of Barman quotes the label once more.
            return PythonLiteral.parse(text.value()) instanceof PythonLiteral.Text inner ? inner.value() : text.value();
        }
        return text.value();
    }

    private static List<BackupId> ids(String value) {
        if (isNull(value) || value.isEmpty()) {
            return List.of();
        }
        List<BackupId> ids = new ArrayList<>();
        for (String id : withoutScatteredCommas(value).split(",")) {
            ids.add(BackupId.of(id.strip()));
        }
        return ids;
    }

    /** A passive node of Barman turns {@code 2026…,2026…} into {@code 2,0,2,6,…,,,2,0,2,6,…}: a comma after every character. */
    private static String withoutScatteredCommas(String value) {
        if (value.length() < 3 || value.length() % 2 == 0) {
            return value;
        }
        StringBuilder joined = new StringBuilder();
        for (int i = 0; i < value.length(); i++) {
            if (i % 2 == 0) {
                joined.append(value.charAt(i));
            } else if (value.charAt(i) != ',') {
                return value;
            }
        }
        return joined.toString();
    }

    private static List<String> texts(String value) {
        PythonLiteral literal = PythonLiteral.parse(value);
        List<String> texts = new ArrayList<>();
        for (PythonLiteral item : collection(literal)) {
            if (!(item instanceof PythonLiteral.Text text)) {
                throw new IllegalArgumentException("not a list of texts: " + value);
            }
            texts.add(text.value());
        }
        return texts;
    }

    private static List<Tablespace> parseTablespaces(String value) {
        List<Tablespace> tablespaces = new ArrayList<>();
        for (PythonLiteral item : collection(PythonLiteral.parse(value))) {
            List<PythonLiteral> parts = item.itemsOrEmpty();
            if (parts.size() == 3
                    && parts.get(0) instanceof PythonLiteral.Text name
                    && parts.get(1) instanceof PythonLiteral.Number oid
                    && parts.get(2) instanceof PythonLiteral.Text location) {
                tablespaces.add(new Tablespace(name.value(), Long.parseLong(oid.digits()), location.value()));
            } else {
                throw new IllegalArgumentException("not a tablespace: " + item);
            }
        }
        return tablespaces;
    }

    private static List<PythonLiteral> collection(PythonLiteral literal) {
        if (literal instanceof PythonLiteral.ListOf || literal instanceof PythonLiteral.Tuple || literal.isFalse()) {
            return literal.itemsOrEmpty();
        }
        throw new IllegalArgumentException("not a list: " + literal);
    }

    private static String plain(@Nullable Object value) {
        return value == null ? NULL : value.toString();
    }

    /** Values are not escaped in the file: a line break would make a line of its own, which no reader takes. */
    private static String text(@Nullable String value) {
        if (value == null) {
            return NULL;
        }
        return value.indexOf('\n') < 0 && value.indexOf('\r') < 0
                ? value
                : value.replace("\r\n", " ").replace('\n', ' ').replace('\r', ' ');
    }

    private static String date(@Nullable OffsetDateTime value) {
        return value == null ? NULL : BarmanDates.withOffset(value);
    }

    private static String literal(@Nullable String value) {
        return value == null || value.isEmpty() ? NULL : PythonText.repr(value);
    }

    private static String literal(@Nullable PythonLiteral value) {
        return value == null || value.isFalse() ? NULL : value.toString();
    }

    private static String join(List<BackupId> ids) {
        if (ids.isEmpty()) {
            return NULL;
        }
        StringBuilder out = new StringBuilder();
        for (BackupId id : ids) {
            out.append(out.isEmpty() ? "" : ",").append(id);
        }
        return out.toString();
    }

    private static String tablespaces(List<Tablespace> tablespaces) {
        if (tablespaces.isEmpty()) {
            return NULL;
        }
        StringBuilder out = new StringBuilder("[");
        for (Tablespace tablespace : tablespaces) {
            out.append(out.length() == 1 ? "(" : ", (");
            PythonText.appendRepr(out, tablespace.name());
            out.append(", ").append(tablespace.oid()).append(", ");
            PythonText.appendRepr(out, tablespace.location());
            out.append(')');
        }
        return out.append(']').toString();
    }
}

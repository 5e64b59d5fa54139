// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import dev.barman.core.config.BackupMethodName;
import dev.barman.core.config.OptionValue;
import dev.barman.core.config.OptionValue.Flag;
import dev.barman.core.config.OptionValue.Names;
import dev.barman.core.config.OptionValue.Text;
import dev.barman.core.config.OptionValue.Whole;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.postgres.ArchiverStatistics;
import dev.barman.core.postgres.ReplicationSlot;
import dev.barman.core.postgres.ServerSettings;
import dev.barman.core.postgres.ServerStatus;
import dev.barman.core.postgres.StreamingStatus;
import dev.barman.core.status.ServerInspection;
import dev.barman.core.status.StreamingState;
import dev.barman.core.text.BarmanDates;
import dev.barman.core.tools.PgTool;
import dev.barman.wal.catalog.PythonFloat;
import java.time.OffsetDateTime;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What {@code show-servers} shows of a server's PostgreSQL and of the tools, under Barman's names. */
final class RemoteFacts {
    private static final int WITH_WAL_KEEP_SIZE = 13;

    private final Map<String, OptionValue> values = new TreeMap<>();
    private final ServerInspection inspection;
    private final ServerConfig server;
    private final @Nullable ServerStatus status;

    private RemoteFacts(ServerInspection inspection) {
        this.inspection = inspection;
        this.server = inspection.server();
        this.status = inspection.status().orElse(null);
    }

    /** The facts; those that cannot be found out are {@link OptionValue#UNSET}, or left out where Barman leaves them out. */
    static Map<String, OptionValue> of(ServerInspection inspection) {
        RemoteFacts facts = new RemoteFacts(inspection);
        facts.addConnection();
        if (facts.status != null) {
            facts.addServer(facts.status);
            facts.addSettings(facts.status.settings());
            facts.addArchiver(facts.status);
        } else if (facts.server.archiving().fileArchiver()) {
            facts.text("archive_command", null);
            facts.text("archive_mode", null);
        }
        if (ServerInspection.usesStreaming(facts.server)) {
            facts.addStreaming(inspection.streaming());
        }
        if (facts.server.archiving().streamingArchiver()) {
            facts.addReceiver();
        }
        if (facts.server.backup().method() == BackupMethodName.POSTGRES) {
            facts.addBaseBackup();
        }
        return facts.values;
    }

    private void addConnection() {
        ServerStatus known = status;
        text("server_txt_version", known == null ? null : known.versionText());
        flag("version_supported", known == null ? null : known.version().isSupported());
        flag("replication_slot_support", known == null ? null : Boolean.TRUE);
        flag("is_in_recovery", known == null ? null : known.inRecovery());
        flag("is_superuser", known == null ? null : known.privileges().superuser());
        text("postgres_systemid", known == null ? null : known.systemIdentifier());
        text("data_directory", known == null ? null : known.settings().dataDirectory());
        text("current_xlog", known == null ? null : segment(known));
        text("replication_slot", inspection.slot().map(RemoteFacts::record).orElse(null));
        values.put(
                "synchronous_standby_names",
                known == null ? OptionValue.UNSET : new Names(known.settings().synchronousStandbyNames()));
    }

    private static @Nullable String segment(ServerStatus status) {
        return status.position().segment().map(Object::toString).orElse(null);
    }

    private static String record(ReplicationSlot slot) {
        return "Record(slot_name='" + slot.name() + "', active=" + (slot.active() ? "True" : "False") + ", restart_lsn="
                + slot.restartLsn().map(lsn -> "'" + lsn + "'").orElse("None") + ")";
    }

    private void addServer(ServerStatus known) {
        flag("has_backup_privileges", known.privileges().backup());
        flag("has_monitoring_privileges", known.privileges().monitoring());
        text("current_lsn", known.position().lsn().toString());
        if (known.currentSizeBytes() != null) {
            text("current_size", known.currentSizeBytes().toString());
        }
        text("config_file", known.files().configFile());
        text("hba_file", known.files().hbaFile());
        text("ident_file", known.files().identFile());
        if (!known.files().included().isEmpty()) {
            values.put("included_files", new Names(known.files().included()));
        }
    }

    private void addSettings(ServerSettings settings) {
        text("wal_level", settings.walLevel());
        text("hot_standby", settings.hotStandby());
        text("max_wal_senders", settings.maxWalSenders());
        text("max_replication_slots", settings.maxReplicationSlots());
        text("data_checksums", settings.dataChecksums());
        text("wal_compression", settings.walCompression());
        boolean size = status != null && status.version().isAtLeast(WITH_WAL_KEEP_SIZE);
        text(size ? "wal_keep_size" : "wal_keep_segments", settings.walKeep());
        values.put("archive_timeout", new Whole(settings.archiveTimeoutSeconds()));
        values.put("checkpoint_timeout", new Whole(settings.checkpointTimeoutSeconds()));
        values.put("xlog_segment_size", new Whole(settings.walSegmentSize().bytes()));
    }

    private void addArchiver(ServerStatus known) {
        if (!server.archiving().fileArchiver()) {
            return;
        }
        text("archive_mode", known.settings().archiveMode());
        text("archive_command", known.settings().archiveCommand());
        ArchiverStatistics archiver = known.archiver();
        if (archiver == null) {
            return;
        }
        values.put("archived_count", new Whole(archiver.archivedCount()));
        text("last_archived_wal", archiver.lastArchivedWal());
        time("last_archived_time", archiver.lastArchivedTime());
        values.put("failed_count", new Whole(archiver.failedCount()));
        text("last_failed_wal", archiver.lastFailedWal());
        time("last_failed_time", archiver.lastFailedTime());
        time("stats_reset", archiver.statsReset());
        flag("is_archiving", archiver.isArchiving(known.settings().archiveMode()));
        text("current_archived_wals_per_second", PythonFloat.repr(archiver.archivedPerSecond()));
    }

    private void addStreaming(StreamingState streaming) {
        StreamingStatus answer = streaming.status();
        text("connection_error", streaming.error());
        flag("streaming", answer == null ? null : Boolean.TRUE);
        flag("streaming_supported", answer == null ? null : Boolean.TRUE);
        text("streaming_systemid", answer == null ? null : answer.systemIdentifier());
        text("xlogpos", answer == null ? null : answer.position().toString());
        values.put(
                "timeline",
                answer == null ? OptionValue.UNSET : new Whole(answer.timeline().value()));
    }

    private void addReceiver() {
        Optional<PgTool> tool = inspection.receiveWal();
        addTool("pg_receivexlog", tool);
        boolean known = tool.isPresent() && status != null;
        flag("pg_receivexlog_supports_slots", known ? Boolean.TRUE : null);
        flag(
                "pg_receivexlog_synchronous",
                status == null
                        ? null
                        : status.settings().isSynchronous(server.archiving().streamingArchiverName()));
    }

    private void addBaseBackup() {
        Optional<PgTool> tool = inspection.baseBackup();
        addTool("pg_basebackup", tool);
        flag("pg_basebackup_bwlimit", tool.isPresent() ? Boolean.TRUE : null);
        flag("pg_basebackup_tbls_mapping", tool.isPresent() ? Boolean.TRUE : null);
    }

    private void addTool(String name, Optional<PgTool> tool) {
        flag(name + "_installed", tool.isPresent());
        text(name + "_path", tool.map(found -> found.path().toString()).orElse(null));
        text(name + "_version", tool.map(found -> found.version().text()).orElse(null));
        flag(
                name + "_compatible",
                tool.isPresent() && status != null ? tool.get().version().isCompatibleWith(status.version()) : null);
    }

    private void text(String key, @Nullable String value) {
        values.put(key, value == null ? OptionValue.UNSET : new Text(value));
    }

    private void flag(String key, @Nullable Boolean value) {
        values.put(key, value == null ? OptionValue.UNSET : Flag.of(value));
    }

    private void time(String key, @Nullable OffsetDateTime value) {
        text(key, value == null ? null : BarmanDates.withOffset(value));
    }
}

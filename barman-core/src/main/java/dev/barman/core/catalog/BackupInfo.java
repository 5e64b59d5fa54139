// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import dev.barman.wal.Lsn;
import dev.barman.wal.TimelineId;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import java.time.OffsetDateTime;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The metadata of one backup: the 35 fields of Barman 3.17's {@code backup.info}, and those of newer releases as they were read.
 * Immutable; changed through {@link #toBuilder()}.
 *
 * <p>Every accessor bears the name of its field. Null means that the field is not known (yet).
 */
public final class BackupInfo {
    private final BackupId id;
    private final @Nullable String backupLabel;
    private final @Nullable String backupName;
    private final @Nullable Long beginOffset;
    private final @Nullable OffsetDateTime beginTime;
    private final @Nullable WalSegmentName beginWal;
    private final @Nullable Lsn beginXlog;
    private final List<BackupId> childrenBackupIds;
    private final @Nullable Long clusterSize;
    private final @Nullable String compression;
    private final @Nullable String configFile;
    private final @Nullable PythonLiteral copyStats;
    private final @Nullable String dataChecksums;
    private final @Nullable Long deduplicatedSize;
    private final @Nullable String encryption;
    private final @Nullable Long endOffset;
    private final @Nullable OffsetDateTime endTime;
    private final @Nullable WalSegmentName endWal;
    private final @Nullable Lsn endXlog;
    private final @Nullable String error;
    private final @Nullable String hbaFile;
    private final @Nullable String identFile;
    private final List<String> includedFiles;
    private final @Nullable String mode;
    private final @Nullable BackupId parentBackupId;
    private final @Nullable String pgdata;
    private final @Nullable String serverName;
    private final @Nullable Long size;
    private final @Nullable PythonLiteral snapshotsInfo;
    private final BackupStatus status;
    private final @Nullable String summarizeWal;
    private final @Nullable String systemid;
    private final List<Tablespace> tablespaces;
    private final @Nullable TimelineId timeline;
    private final @Nullable Integer version;
    private final WalSegmentSize xlogSegmentSize;
    private final Map<String, String> unknownFields;

    private BackupInfo(Builder builder) {
        this.id = builder.id;
        this.backupLabel = builder.backupLabel;
        this.backupName = builder.backupName;
        this.beginOffset = builder.beginOffset;
        this.beginTime = builder.beginTime;
        this.beginWal = builder.beginWal;
        this.beginXlog = builder.beginXlog;
        this.childrenBackupIds = builder.childrenBackupIds;
        this.clusterSize = builder.clusterSize;
        this.compression = builder.compression;
        this.configFile = builder.configFile;
        this.copyStats = builder.copyStats;
        this.dataChecksums = builder.dataChecksums;
        this.deduplicatedSize = builder.deduplicatedSize;
        this.encryption = builder.encryption;
        this.endOffset = builder.endOffset;
        this.endTime = builder.endTime;
        this.endWal = builder.endWal;
        this.endXlog = builder.endXlog;
        this.error = builder.error;
        this.hbaFile = builder.hbaFile;
        this.identFile = builder.identFile;
        this.includedFiles = builder.includedFiles;
        this.mode = builder.mode;
        this.parentBackupId = builder.parentBackupId;
        this.pgdata = builder.pgdata;
        this.serverName = builder.serverName;
        this.size = builder.size;
        this.snapshotsInfo = builder.snapshotsInfo;
        this.status = builder.status;
        this.summarizeWal = builder.summarizeWal;
        this.systemid = builder.systemid;
        this.tablespaces = builder.tablespaces;
        this.timeline = builder.timeline;
        this.version = builder.version;
        this.xlogSegmentSize = builder.xlogSegmentSize;
        this.unknownFields = Collections.unmodifiableMap(new TreeMap<>(builder.unknownFields));
    }

    /** A builder for a new record: status {@link BackupStatus#EMPTY}, nothing else known. */
    public static Builder builder(BackupId id) {
        return new Builder(id);
    }

    /** A builder that starts with this record's values. */
    public Builder toBuilder() {
        Builder builder = new Builder(id);
        builder.backupLabel = backupLabel;
        builder.backupName = backupName;
        builder.beginOffset = beginOffset;
        builder.beginTime = beginTime;
        builder.beginWal = beginWal;
        builder.beginXlog = beginXlog;
        builder.childrenBackupIds = childrenBackupIds;
        builder.clusterSize = clusterSize;
        builder.compression = compression;
        builder.configFile = configFile;
        builder.copyStats = copyStats;
        builder.dataChecksums = dataChecksums;
        builder.deduplicatedSize = deduplicatedSize;
        builder.encryption = encryption;
        builder.endOffset = endOffset;
        builder.endTime = endTime;
        builder.endWal = endWal;
        builder.endXlog = endXlog;
        builder.error = error;
        builder.hbaFile = hbaFile;
        builder.identFile = identFile;
        builder.includedFiles = includedFiles;
        builder.mode = mode;
        builder.parentBackupId = parentBackupId;
        builder.pgdata = pgdata;
        builder.serverName = serverName;
        builder.size = size;
        builder.snapshotsInfo = snapshotsInfo;
        builder.status = status;
        builder.summarizeWal = summarizeWal;
        builder.systemid = systemid;
        builder.tablespaces = tablespaces;
        builder.timeline = timeline;
        builder.version = version;
        builder.xlogSegmentSize = xlogSegmentSize;
        builder.unknownFields.putAll(unknownFields);
        return builder;
    }

    /** The id, from the name of the file or directory. */
    public BackupId id() {
        return id;
    }

    /** The full text of {@code backup_label}, newlines included. */
    public @Nullable String backupLabel() {
        return backupLabel;
    }

    /** The name given with {@code --name}; its line is left out of the file while null. */
    public @Nullable String backupName() {
        return backupName;
    }

    /** Offset of the first position inside its segment. */
    public @Nullable Long beginOffset() {
        return beginOffset;
    }

    /** When the copy began, in the offset of the PostgreSQL session. */
    public @Nullable OffsetDateTime beginTime() {
        return beginTime;
    }

    /** The first WAL segment needed. */
    public @Nullable WalSegmentName beginWal() {
        return beginWal;
    }

    /** The first WAL position needed. */
    public @Nullable Lsn beginXlog() {
        return beginXlog;
    }

    /** The ids of the direct incremental children; empty when there are none. */
    public List<BackupId> childrenBackupIds() {
        return childrenBackupIds;
    }

    /** Bytes of all tablespaces when the backup began. */
    public @Nullable Long clusterSize() {
        return clusterSize;
    }

    /** The compression of a backup in tar format, else null. */
    public @Nullable String compression() {
        return compression;
    }

    /** Path of the main configuration file on the PostgreSQL host. */
    public @Nullable String configFile() {
        return configFile;
    }

    /** Statistics of the copy: a dictionary of seconds. */
    public @Nullable PythonLiteral copyStats() {
        return copyStats;
    }

    /** {@code on} or {@code off}. */
    public @Nullable String dataChecksums() {
        return dataChecksums;
    }

    /** Bytes of the files that have exactly one hard link. */
    public @Nullable Long deduplicatedSize() {
        return deduplicatedSize;
    }

    /** {@code gpg} or null. */
    public @Nullable String encryption() {
        return encryption;
    }

    /** Offset of the last position inside its segment. */
    public @Nullable Long endOffset() {
        return endOffset;
    }

    /** When the copy ended, in the offset of the PostgreSQL session. */
    public @Nullable OffsetDateTime endTime() {
        return endTime;
    }

    /** The last WAL segment needed to reach consistency. */
    public @Nullable WalSegmentName endWal() {
        return endWal;
    }

    /** The last WAL position needed to reach consistency. */
    public @Nullable Lsn endXlog() {
        return endXlog;
    }

    /** Why the backup failed. */
    public @Nullable String error() {
        return error;
    }

    /** Path of the client authentication file on the PostgreSQL host. */
    public @Nullable String hbaFile() {
        return hbaFile;
    }

    /** Path of the user name maps on the PostgreSQL host. */
    public @Nullable String identFile() {
        return identFile;
    }

    /** Other files PostgreSQL reads settings from; empty when there are none. */
    public List<String> includedFiles() {
        return includedFiles;
    }

    /** How the backup was made: {@code postgres}, {@code rsync-concurrent}, {@code passive} and so on. */
    public @Nullable String mode() {
        return mode;
    }

    /** The parent of an incremental backup. */
    public @Nullable BackupId parentBackupId() {
        return parentBackupId;
    }

    /** The data directory on the PostgreSQL host. */
    public @Nullable String pgdata() {
        return pgdata;
    }

    /** The server's name. */
    public @Nullable String serverName() {
        return serverName;
    }

    /** Bytes of all files of the backup. */
    public @Nullable Long size() {
        return size;
    }

    /** What a cloud's snapshots need to be found again; its line is left out of the file while null. */
    public @Nullable PythonLiteral snapshotsInfo() {
        return snapshotsInfo;
    }

    /** Where the backup stands. */
    public BackupStatus status() {
        return status;
    }

    /** {@code on} or {@code off}; null before PostgreSQL 17. */
    public @Nullable String summarizeWal() {
        return summarizeWal;
    }

    /** The system identifier of the cluster, decimal. */
    public @Nullable String systemid() {
        return systemid;
    }

    /** The tablespaces outside the data directory; empty when there are none. */
    public List<Tablespace> tablespaces() {
        return tablespaces;
    }

    /** The timeline the backup began on. */
    public @Nullable TimelineId timeline() {
        return timeline;
    }

    /** The server version as a number, such as 150018. */
    public @Nullable Integer version() {
        return version;
    }

    /** The size of a WAL segment; 16 MiB unless the metadata says otherwise. */
    public WalSegmentSize xlogSegmentSize() {
        return xlogSegmentSize;
    }

    /** Fields that this release does not know, by name, with their text as it was read. */
    public Map<String, String> unknownFields() {
        return unknownFields;
    }

    /** How the backup was made. */
    public BackupType type() {
        if (mode != null && mode.startsWith("snapshot")) {
            return BackupType.SNAPSHOT;
        } else if (mode != null && mode.startsWith("rsync")) {
            return BackupType.RSYNC;
        }
        return parentBackupId != null ? BackupType.INCREMENTAL : BackupType.FULL;
    }

    /** Whether the backup has a parent; such a backup is of no use without it. */
    public boolean isIncremental() {
        return type() == BackupType.INCREMENTAL;
    }

    /** Whether {@code latest-full} may mean this backup: neither incremental nor a snapshot. */
    public boolean isFull() {
        return type() == BackupType.FULL || type() == BackupType.RSYNC;
    }

    /** PostgreSQL's major version: {@code 9.6}, {@code 15}; null when not known. */
    public @Nullable String majorVersion() {
        if (version == null) {
            return null;
        }
        int major = version / 10_000;
        return major >= 10 ? Integer.toString(major) : major + "." + version / 100 % 100;
    }

    /**
     * The part of the cluster that needed no space because an earlier backup has the same files: 1 - deduplicated size / size
     * (rsync) or cluster size (others); 0 when a size is not known.
     */
    public double deduplicationRatio() {
        Long whole = type() == BackupType.RSYNC ? size : clusterSize;
        if (whole == null || whole == 0 || deduplicatedSize == null) {
            return 0;
        }
        return 1 - (double) deduplicatedSize / whole;
    }

    /** A short description for messages. */
    @Override
    public String toString() {
        return "Backup " + id + " of " + serverName + " (" + status + ")";
    }

    /** Two records are equal when their id and all fields are. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof BackupInfo info
                && id.equals(info.id)
                && BackupInfoFormat.format(this).equals(BackupInfoFormat.format(info));
    }

    @Override
    public int hashCode() {
        return id.hashCode();
    }

    /** Collects the fields of a record. Not thread-safe. */
    public static final class Builder {
        private final BackupId id;
        private @Nullable String backupLabel;
        private @Nullable String backupName;
        private @Nullable Long beginOffset;
        private @Nullable OffsetDateTime beginTime;
        private @Nullable WalSegmentName beginWal;
        private @Nullable Lsn beginXlog;
        private List<BackupId> childrenBackupIds = List.of();
        private @Nullable Long clusterSize;
        private @Nullable String compression;
        private @Nullable String configFile;
        private @Nullable PythonLiteral copyStats;
        private @Nullable String dataChecksums;
        private @Nullable Long deduplicatedSize;
        private @Nullable String encryption;
        private @Nullable Long endOffset;
        private @Nullable OffsetDateTime endTime;
        private @Nullable WalSegmentName endWal;
        private @Nullable Lsn endXlog;
        private @Nullable String error;
        private @Nullable String hbaFile;
        private @Nullable String identFile;
        private List<String> includedFiles = List.of();
        private @Nullable String mode;
        private @Nullable BackupId parentBackupId;
        private @Nullable String pgdata;
        private @Nullable String serverName;
        private @Nullable Long size;
        private @Nullable PythonLiteral snapshotsInfo;
        private BackupStatus status = BackupStatus.EMPTY;
        private @Nullable String summarizeWal;
        private @Nullable String systemid;
        private List<Tablespace> tablespaces = List.of();
        private @Nullable TimelineId timeline;
        private @Nullable Integer version;
        private WalSegmentSize xlogSegmentSize = WalSegmentSize.DEFAULT;
        private final Map<String, String> unknownFields = new TreeMap<>();

        private Builder(BackupId id) {
            this.id = id;
        }

        /** Keeps a field that this release does not know. */
        public Builder unknownField(String name, String text) {
            unknownFields.put(name, text);
            return this;
        }

        /** The full text of {@code backup_label}, newlines included. */
        public Builder backupLabel(@Nullable String value) {
            this.backupLabel = value;
            return this;
        }

        /** The name given with {@code --name}; its line is left out of the file while null. */
        public Builder backupName(@Nullable String value) {
            this.backupName = value;
            return this;
        }

        /** Offset of the first position inside its segment. */
        public Builder beginOffset(@Nullable Long value) {
            this.beginOffset = value;
            return this;
        }

        /** When the copy began, in the offset of the PostgreSQL session. */
        public Builder beginTime(@Nullable OffsetDateTime value) {
            this.beginTime = value;
            return this;
        }

        /** The first WAL segment needed. */
        public Builder beginWal(@Nullable WalSegmentName value) {
            this.beginWal = value;
            return this;
        }

        /** The first WAL position needed. */
        public Builder beginXlog(@Nullable Lsn value) {
            this.beginXlog = value;
            return this;
        }

        /** The ids of the direct incremental children; empty when there are none. */
        public Builder childrenBackupIds(List<BackupId> value) {
            this.childrenBackupIds = List.copyOf(value);
            return this;
        }

        /** Bytes of all tablespaces when the backup began. */
        public Builder clusterSize(@Nullable Long value) {
            this.clusterSize = value;
            return this;
        }

        /** The compression of a backup in tar format, else null. */
        public Builder compression(@Nullable String value) {
            this.compression = value;
            return this;
        }

        /** Path of the main configuration file on the PostgreSQL host. */
        public Builder configFile(@Nullable String value) {
            this.configFile = value;
            return this;
        }

        /** Statistics of the copy: a dictionary of seconds. */
        public Builder copyStats(@Nullable PythonLiteral value) {
            this.copyStats = value;
            return this;
        }

        /** {@code on} or {@code off}. */
        public Builder dataChecksums(@Nullable String value) {
            this.dataChecksums = value;
            return this;
        }

        /** Bytes of the files that have exactly one hard link. */
        public Builder deduplicatedSize(@Nullable Long value) {
            this.deduplicatedSize = value;
            return this;
        }

        /** {@code gpg} or null. */
        public Builder encryption(@Nullable String value) {
            this.encryption = value;
            return this;
        }

        /** Offset of the last position inside its segment. */
        public Builder endOffset(@Nullable Long value) {
            this.endOffset = value;
            return this;
        }

        /** When the copy ended, in the offset of the PostgreSQL session. */
        public Builder endTime(@Nullable OffsetDateTime value) {
            this.endTime = value;
            return this;
        }

        /** The last WAL segment needed to reach consistency. */
        public Builder endWal(@Nullable WalSegmentName value) {
            this.endWal = value;
            return this;
        }

        /** The last WAL position needed to reach consistency. */
        public Builder endXlog(@Nullable Lsn value) {
            this.endXlog = value;
            return this;
        }

        /** Why the backup failed. */
        public Builder error(@Nullable String value) {
            this.error = value;
            return this;
        }

        /** Path of the client authentication file on the PostgreSQL host. */
        public Builder hbaFile(@Nullable String value) {
            this.hbaFile = value;
            return this;
        }

        /** Path of the user name maps on the PostgreSQL host. */
        public Builder identFile(@Nullable String value) {
            this.identFile = value;
            return this;
        }

        /** Other files PostgreSQL reads settings from; empty when there are none. */
        public Builder includedFiles(List<String> value) {
            this.includedFiles = List.copyOf(value);
            return this;
        }

        /** How the backup was made: {@code postgres}, {@code rsync-concurrent}, {@code passive} and so on. */
        public Builder mode(@Nullable String value) {
            this.mode = value;
            return this;
        }

        /** The parent of an incremental backup. */
        public Builder parentBackupId(@Nullable BackupId value) {
            this.parentBackupId = value;
            return this;
        }

        /** The data directory on the PostgreSQL host. */
        public Builder pgdata(@Nullable String value) {
            this.pgdata = value;
            return this;
        }

        /** The server's name. */
        public Builder serverName(@Nullable String value) {
            this.serverName = value;
            return this;
        }

        /** Bytes of all files of the backup. */
        public Builder size(@Nullable Long value) {
            this.size = value;
            return this;
        }

        /** What a cloud's snapshots need to be found again; its line is left out of the file while null. */
        public Builder snapshotsInfo(@Nullable PythonLiteral value) {
            this.snapshotsInfo = value;
            return this;
        }

        /** Where the backup stands. */
        public Builder status(BackupStatus value) {
            this.status = value;
            return this;
        }

        /** {@code on} or {@code off}; null before PostgreSQL 17. */
        public Builder summarizeWal(@Nullable String value) {
            this.summarizeWal = value;
            return this;
        }

        /** The system identifier of the cluster, decimal. */
        public Builder systemid(@Nullable String value) {
            this.systemid = value;
            return this;
        }

        /** The tablespaces outside the data directory; empty when there are none. */
        public Builder tablespaces(List<Tablespace> value) {
            this.tablespaces = List.copyOf(value);
            return this;
        }

        /** The timeline the backup began on. */
        public Builder timeline(@Nullable TimelineId value) {
            this.timeline = value;
            return this;
        }

        /** The server version as a number, such as 150018. */
        public Builder version(@Nullable Integer value) {
            this.version = value;
            return this;
        }

        /** The size of a WAL segment; 16 MiB unless the metadata says otherwise. */
        public Builder xlogSegmentSize(WalSegmentSize value) {
            this.xlogSegmentSize = value;
            return this;
        }

        /** The record. */
        public BackupInfo build() {
            return new BackupInfo(this);
        }
    }
}

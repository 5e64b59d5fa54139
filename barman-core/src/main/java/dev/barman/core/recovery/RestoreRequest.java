// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a person asks for with {@code barman restore}, not checked yet. Immutable. */
public final class RestoreRequest {
    private final String backup;
    private final String destination;
    private final TargetOptions target;
    private final StagingOptions staging;
    private final List<String> tablespaceRules;
    private final boolean standby;
    private final @Nullable Boolean getWal;
    private final @Nullable Boolean deltaRestore;
    private final @Nullable Boolean networkCompression;
    private final @Nullable String remoteSshCommand;
    private final @Nullable String stagingWalDirectory;
    private final @Nullable String recoveryConfFilename;
    private final @Nullable Integer recoveryOptionPort;
    private final @Nullable String snapshotInstance;
    private final @Nullable Integer jobs;

    private RestoreRequest(Builder builder) {
        this.backup = builder.backup;
        this.destination = builder.destination;
        this.target = builder.target;
        this.staging = builder.staging;
        this.tablespaceRules = List.copyOf(builder.tablespaceRules);
        this.standby = builder.standby;
        this.getWal = builder.getWal;
        this.deltaRestore = builder.deltaRestore;
        this.networkCompression = builder.networkCompression;
        this.remoteSshCommand = builder.remoteSshCommand;
        this.stagingWalDirectory = builder.stagingWalDirectory;
        this.recoveryConfFilename = builder.recoveryConfFilename;
        this.recoveryOptionPort = builder.recoveryOptionPort;
        this.snapshotInstance = builder.snapshotInstance;
        this.jobs = builder.jobs;
    }

    /**
     * Returns a builder for a restore of a backup into a directory.
     *
     * @param backup an id, a shortcut such as {@code latest}, a name, or {@code auto}
     * @param destination the directory
     */
    public static Builder of(String backup, String destination) {
        return new Builder(backup, destination);
    }

    /** Returns the backup as typed. */
    public String backup() {
        return backup;
    }

    /** Returns the destination as typed. */
    public String destination() {
        return destination;
    }

    /** Returns the target options. */
    public TargetOptions target() {
        return target;
    }

    /** Returns the staging options. */
    public StagingOptions staging() {
        return staging;
    }

    /** Returns the tablespace rules as typed, {@code NAME:LOCATION} each. */
    public List<String> tablespaceRules() {
        return tablespaceRules;
    }

    /** Returns whether the result is to be a standby. */
    public boolean standby() {
        return standby;
    }

    /** Returns whether PostgreSQL is to fetch WAL itself; null to follow the configuration. */
    public @Nullable Boolean getWal() {
        return getWal;
    }

    /** Returns whether an existing directory is to be updated; null to follow the configuration. */
    public @Nullable Boolean deltaRestore() {
        return deltaRestore;
    }

    /** Returns whether the transfer is to be compressed; null to follow the configuration. */
    public @Nullable Boolean networkCompression() {
        return networkCompression;
    }

    /** Returns the command that reaches another host, or null for a restore on this one. */
    public @Nullable String remoteSshCommand() {
        return remoteSshCommand;
    }

    /** Returns the directory for WAL files of a point-in-time recovery, or null for the usual one. */
    public @Nullable String stagingWalDirectory() {
        return stagingWalDirectory;
    }

    /** Returns the file that gets the recovery settings, relative to the destination, or null for the usual one. */
    public @Nullable String recoveryConfFilename() {
        return recoveryConfFilename;
    }

    /** Returns the port for the generated command that fetches WAL from this host, or null. */
    public @Nullable Integer recoveryOptionPort() {
        return recoveryOptionPort;
    }

    /** Returns the machine on which snapshots are mounted, or null. */
    public @Nullable String snapshotInstance() {
        return snapshotInstance;
    }

    /** Returns the number of parallel workers, or null to follow the configuration. */
    public @Nullable Integer jobs() {
        return jobs;
    }

    /** Collects the options. Not thread-safe. */
    public static final class Builder {
        private final String backup;
        private final String destination;
        private TargetOptions target = TargetOptions.NONE;
        private StagingOptions staging = StagingOptions.NONE;
        private List<String> tablespaceRules = List.of();
        private boolean standby;
        private @Nullable Boolean getWal;
        private @Nullable Boolean deltaRestore;
        private @Nullable Boolean networkCompression;
        private @Nullable String remoteSshCommand;
        private @Nullable String stagingWalDirectory;
        private @Nullable String recoveryConfFilename;
        private @Nullable Integer recoveryOptionPort;
        private @Nullable String snapshotInstance;
        private @Nullable Integer jobs;

        private Builder(String backup, String destination) {
            this.backup = backup;
            this.destination = destination;
        }

        /** Sets the target options. */
        public Builder target(TargetOptions value) {
            this.target = value;
            return this;
        }

        /** Sets the staging options. */
        public Builder staging(StagingOptions value) {
            this.staging = value;
            return this;
        }

        /** Sets the tablespace rules. */
        public Builder tablespaceRules(List<String> value) {
            this.tablespaceRules = value;
            return this;
        }

        /** Sets whether the result is to be a standby. */
        public Builder standby(boolean value) {
            this.standby = value;
            return this;
        }

        /** Overrides {@code get-wal} of the configuration. */
        public Builder getWal(@Nullable Boolean value) {
            this.getWal = value;
            return this;
        }

        /** Overrides {@code delta-restore} of the configuration. */
        public Builder deltaRestore(@Nullable Boolean value) {
            this.deltaRestore = value;
            return this;
        }

        /** Overrides {@code network_compression}. */
        public Builder networkCompression(@Nullable Boolean value) {
            this.networkCompression = value;
            return this;
        }

        /** Asks for a restore on another host. */
        public Builder remoteSshCommand(@Nullable String value) {
            this.remoteSshCommand = value;
            return this;
        }

        /** Sets the WAL directory of a point-in-time recovery. */
        public Builder stagingWalDirectory(@Nullable String value) {
            this.stagingWalDirectory = value;
            return this;
        }

        /** Sets the file for recovery settings. */
        public Builder recoveryConfFilename(@Nullable String value) {
            this.recoveryConfFilename = value;
            return this;
        }

        /** Sets the port of the generated command. */
        public Builder recoveryOptionPort(@Nullable Integer value) {
            this.recoveryOptionPort = value;
            return this;
        }

        /** Names the machine with mounted snapshots. */
        public Builder snapshotInstance(@Nullable String value) {
            this.snapshotInstance = value;
            return this;
        }

        /** Overrides {@code parallel_jobs}. */
        public Builder jobs(@Nullable Integer value) {
            this.jobs = value;
            return this;
        }

        /** Returns the request. */
        public RestoreRequest build() {
            return new RestoreRequest(this);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import dev.barman.core.ConfigException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Every option of a server or a model: its type, the sections it works in, its built-in value.
 *
 * <p>The order is that of the names, which is the order in which values are checked and shown. Options whose built-in
 * value depends on others (directories, {@code cluster}, {@code streaming_conninfo}) have none here.
 */
enum ServerOption {
    ACTIVE(OptionType.BOOL, Scope.SERVER_MODEL, "true"),
    ARCHIVER(OptionType.BOOL, Scope.GLOBAL_SERVER_MODEL, "false"),
    ARCHIVER_BATCH_SIZE(OptionType.INT, Scope.GLOBAL_SERVER_MODEL, "0"),
    AUTOGENERATE_MANIFEST(OptionType.BOOL, Scope.GLOBAL_SERVER_MODEL, "false"),
    AWS_AWAIT_SNAPSHOTS_TIMEOUT(OptionType.INT, Scope.GLOBAL_SERVER_MODEL, "3600"),
    AWS_PROFILE(OptionType.TEXT, Scope.GLOBAL_SERVER_MODEL),
    AWS_REGION(OptionType.TEXT, Scope.GLOBAL_SERVER_MODEL),
    AWS_SNAPSHOT_LOCK_COOL_OFF_PERIOD(OptionType.INT, Scope.GLOBAL_SERVER_MODEL),
    AWS_SNAPSHOT_LOCK_DURATION(OptionType.INT, Scope.GLOBAL_SERVER_MODEL),
    AWS_SNAPSHOT_LOCK_EXPIRATION_DATE(OptionType.TEXT, Scope.GLOBAL_SERVER_MODEL),
    AWS_SNAPSHOT_LOCK_MODE(OptionType.TEXT, Scope.GLOBAL_SERVER_MODEL),
    AZURE_CREDENTIAL(OptionType.TEXT, Scope.GLOBAL_SERVER_MODEL),
    AZURE_RESOURCE_GROUP(OptionType.TEXT, Scope.GLOBAL_SERVER_MODEL),
    AZURE_SUBSCRIPTION_ID(OptionType.TEXT, Scope.GLOBAL_SERVER_MODEL),
    BACKUP_COMPRESSION(OptionType.BACKUP_COMPRESSION, Scope.GLOBAL_SERVER_MODEL),
    BACKUP_COMPRESSION_FORMAT(OptionType.BACKUP_COMPRESSION_FORMAT, Scope.GLOBAL_SERVER_MODEL),
    BACKUP_COMPRESSION_LEVEL(OptionType.INT, Scope.GLOBAL_SERVER_MODEL),
    BACKUP_COMPRESSION_LOCATION(OptionType.BACKUP_COMPRESSION_LOCATION, Scope.GLOBAL_SERVER_MODEL),
    BACKUP_COMPRESSION_WORKERS(OptionType.INT, Scope.GLOBAL_SERVER_MODEL),
    BACKUP_DIRECTORY(OptionType.TEXT, Scope.SERVER),
    BACKUP_METHOD(OptionType.BACKUP_METHOD, Scope.GLOBAL_SERVER_MODEL, "rsync"),
    BACKUP_OPTIONS(OptionType.BACKUP_OPTIONS, Scope.GLOBAL_SERVER_MODEL, ""),
    BANDWIDTH_LIMIT(OptionType.TEXT, Scope.GLOBAL_SERVER_MODEL),
    BASEBACKUP_RETRY_SLEEP(OptionType.INT, Scope.GLOBAL_SERVER_MODEL, "30"),
    BASEBACKUP_RETRY_TIMES(OptionType.INT, Scope.GLOBAL_SERVER_MODEL, "0"),
    BASEBACKUPS_DIRECTORY(OptionType.TEXT, Scope.SERVER),
    CHECK_TIMEOUT(OptionType.INT, Scope.GLOBAL_SERVER_MODEL, "30"),
    CLUSTER(OptionType.TEXT, Scope.SERVER_MODEL),
    COMBINE_MODE(OptionType.COMBINE_MODE, Scope.GLOBAL_SERVER_MODEL, "copy"),
    COMPRESSION(OptionType.COMPRESSION, Scope.GLOBAL_SERVER_MODEL),
    COMPRESSION_LEVEL(OptionType.COMPRESSION_LEVEL, Scope.GLOBAL_SERVER_MODEL, "medium"),
    CONNINFO(OptionType.TEXT, Scope.SERVER_MODEL),
    CREATE_SLOT(OptionType.CREATE_SLOT, Scope.GLOBAL_SERVER_MODEL, "manual"),
    CUSTOM_COMPRESSION_FILTER(OptionType.TEXT, Scope.GLOBAL_SERVER_MODEL),
    CUSTOM_COMPRESSION_MAGIC(OptionType.MAGIC, Scope.GLOBAL_SERVER_MODEL),
    CUSTOM_DECOMPRESSION_FILTER(OptionType.TEXT, Scope.GLOBAL_SERVER_MODEL),
    DESCRIPTION(OptionType.TEXT, Scope.SERVER_MODEL),
    DISABLED(OptionType.BOOL, Scope.MODEL, "false"),
    ENCRYPTION(OptionType.ENCRYPTION, Scope.GLOBAL_SERVER_MODEL),
    ENCRYPTION_KEY_ID(OptionType.TEXT, Scope.GLOBAL_SERVER_MODEL),
    ENCRYPTION_PASSPHRASE_COMMAND(OptionType.TEXT, Scope.GLOBAL_SERVER_MODEL),
    ERRORS_DIRECTORY(OptionType.TEXT, Scope.SERVER),
    FORWARD_CONFIG_PATH(OptionType.BOOL, Scope.GLOBAL_SERVER_MODEL, "false"),
    GCP_PROJECT(OptionType.TEXT, Scope.GLOBAL_SERVER_MODEL),
    GCP_ZONE(OptionType.TEXT, Scope.SERVER_MODEL),
    IMMEDIATE_CHECKPOINT(OptionType.BOOL, Scope.GLOBAL_SERVER_MODEL, "false"),
    INCOMING_WALS_DIRECTORY(OptionType.TEXT, Scope.SERVER),
    KEEPALIVE_INTERVAL(OptionType.INT, Scope.SERVER_MODEL, "60"),
    LAST_BACKUP_MAXIMUM_AGE(OptionType.INTERVAL, Scope.GLOBAL_SERVER_MODEL),
    LAST_BACKUP_MINIMUM_SIZE(OptionType.SIZE, Scope.GLOBAL_SERVER_MODEL),
    LAST_WAL_MAXIMUM_AGE(OptionType.INTERVAL, Scope.GLOBAL_SERVER_MODEL),
    LOCAL_STAGING_PATH(OptionType.ABSOLUTE_PATH, Scope.GLOBAL_SERVER_MODEL),
    MAX_INCOMING_WALS_QUEUE(OptionType.INT, Scope.GLOBAL_SERVER_MODEL),
    MINIMUM_REDUNDANCY(OptionType.TEXT, Scope.GLOBAL_SERVER_MODEL, "0"),
    NETWORK_COMPRESSION(OptionType.BOOL, Scope.GLOBAL_SERVER_MODEL, "false"),
    PARALLEL_JOBS(OptionType.INT, Scope.GLOBAL_SERVER_MODEL, "1"),
    PARALLEL_JOBS_START_BATCH_PERIOD(OptionType.INT, Scope.GLOBAL_SERVER_MODEL, "1"),
    PARALLEL_JOBS_START_BATCH_SIZE(OptionType.INT, Scope.GLOBAL_SERVER_MODEL, "10"),
    PATH_PREFIX(OptionType.TEXT, Scope.GLOBAL_SERVER_MODEL),
    POST_ARCHIVE_RETRY_SCRIPT(OptionType.TEXT, Scope.GLOBAL_SERVER),
    POST_ARCHIVE_SCRIPT(OptionType.TEXT, Scope.GLOBAL_SERVER),
    POST_BACKUP_RETRY_SCRIPT(OptionType.TEXT, Scope.GLOBAL_SERVER),
    POST_BACKUP_SCRIPT(OptionType.TEXT, Scope.GLOBAL_SERVER),
    POST_DELETE_RETRY_SCRIPT(OptionType.TEXT, Scope.GLOBAL_SERVER),
    POST_DELETE_SCRIPT(OptionType.TEXT, Scope.GLOBAL_SERVER),
    POST_RECOVERY_RETRY_SCRIPT(OptionType.TEXT, Scope.GLOBAL_SERVER),
    POST_RECOVERY_SCRIPT(OptionType.TEXT, Scope.GLOBAL_SERVER),
    POST_WAL_DELETE_RETRY_SCRIPT(OptionType.TEXT, Scope.GLOBAL_SERVER),
    POST_WAL_DELETE_SCRIPT(OptionType.TEXT, Scope.GLOBAL_SERVER),
    PRE_ARCHIVE_RETRY_SCRIPT(OptionType.TEXT, Scope.GLOBAL_SERVER),
    PRE_ARCHIVE_SCRIPT(OptionType.TEXT, Scope.GLOBAL_SERVER),
    PRE_BACKUP_RETRY_SCRIPT(OptionType.TEXT, Scope.GLOBAL_SERVER),
    PRE_BACKUP_SCRIPT(OptionType.TEXT, Scope.GLOBAL_SERVER),
    PRE_DELETE_RETRY_SCRIPT(OptionType.TEXT, Scope.GLOBAL_SERVER),
    PRE_DELETE_SCRIPT(OptionType.TEXT, Scope.GLOBAL_SERVER),
    PRE_RECOVERY_RETRY_SCRIPT(OptionType.TEXT, Scope.GLOBAL_SERVER),
    PRE_RECOVERY_SCRIPT(OptionType.TEXT, Scope.GLOBAL_SERVER),
    PRE_WAL_DELETE_RETRY_SCRIPT(OptionType.TEXT, Scope.GLOBAL_SERVER),
    PRE_WAL_DELETE_SCRIPT(OptionType.TEXT, Scope.GLOBAL_SERVER),
    PRIMARY_CHECKPOINT_TIMEOUT(OptionType.INT, Scope.SERVER_MODEL, "0"),
    PRIMARY_CONNINFO(OptionType.TEXT, Scope.SERVER_MODEL),
    PRIMARY_SSH_COMMAND(OptionType.TEXT, Scope.GLOBAL_SERVER_MODEL),
    RECOVERY_OPTIONS(OptionType.RECOVERY_OPTIONS, Scope.GLOBAL_SERVER_MODEL, ""),
    RECOVERY_STAGING_PATH(OptionType.ABSOLUTE_PATH, Scope.GLOBAL_SERVER_MODEL),
    RETENTION_POLICY(OptionType.TEXT, Scope.GLOBAL_SERVER_MODEL),
    RETENTION_POLICY_MODE(OptionType.TEXT, Scope.GLOBAL_SERVER_MODEL, "auto"),
    REUSE_BACKUP(OptionType.REUSE_BACKUP, Scope.GLOBAL_SERVER_MODEL),
    SLOT_NAME(OptionType.SLOT, Scope.GLOBAL_SERVER_MODEL),
    SNAPSHOT_DISKS(OptionType.SNAPSHOT_DISKS, Scope.SERVER_MODEL),
    SNAPSHOT_GCP_PROJECT(OptionType.TEXT, Scope.GLOBAL_SERVER_MODEL),
    SNAPSHOT_INSTANCE(OptionType.TEXT, Scope.SERVER_MODEL),
    SNAPSHOT_PROVIDER(OptionType.TEXT, Scope.GLOBAL_SERVER_MODEL),
    SNAPSHOT_ZONE(OptionType.TEXT, Scope.SERVER_MODEL),
    SSH_COMMAND(OptionType.TEXT, Scope.SERVER_MODEL),
    STAGING_LOCATION(OptionType.STAGING_LOCATION, Scope.GLOBAL_SERVER_MODEL, "local"),
    STAGING_PATH(OptionType.ABSOLUTE_PATH, Scope.GLOBAL_SERVER_MODEL),
    STREAMING_ARCHIVER(OptionType.BOOL, Scope.GLOBAL_SERVER_MODEL, "false"),
    STREAMING_ARCHIVER_BATCH_SIZE(OptionType.INT, Scope.GLOBAL_SERVER_MODEL, "0"),
    STREAMING_ARCHIVER_NAME(OptionType.TEXT, Scope.GLOBAL_SERVER_MODEL, "barman_receive_wal"),
    STREAMING_BACKUP_NAME(OptionType.TEXT, Scope.GLOBAL_SERVER_MODEL, "barman_streaming_backup"),
    STREAMING_CONNINFO(OptionType.TEXT, Scope.SERVER_MODEL),
    STREAMING_WALS_DIRECTORY(OptionType.TEXT, Scope.SERVER),
    TABLESPACE_BANDWIDTH_LIMIT(OptionType.TEXT, Scope.GLOBAL_SERVER_MODEL),
    WAL_CONNINFO(OptionType.TEXT, Scope.SERVER_MODEL),
    WAL_RETENTION_POLICY(OptionType.TEXT, Scope.GLOBAL_SERVER_MODEL, "main"),
    WAL_STREAMING_CONNINFO(OptionType.TEXT, Scope.SERVER_MODEL),
    WALS_DIRECTORY(OptionType.TEXT, Scope.SERVER),
    WORM_MODE(OptionType.BOOL, Scope.GLOBAL_SERVER_MODEL, "false"),
    XLOGDB_DIRECTORY(OptionType.TEXT, Scope.GLOBAL_SERVER);

    private static final Map<String, ServerOption> BY_NAME = new HashMap<>(256);

    static {
        for (ServerOption option : values()) {
            BY_NAME.put(option.optionName, option);
        }
    }

    private final String optionName;
    private final OptionType type;
    private final Scope scope;
    private final @Nullable String builtIn;

    ServerOption(OptionType type, Scope scope) {
        this(type, scope, null);
    }

    ServerOption(OptionType type, Scope scope, @Nullable String builtIn) {
        this.optionName = name().toLowerCase(Locale.ROOT);
        this.type = type;
        this.scope = scope;
        this.builtIn = builtIn;
    }

    /** Finds an option by the name it has in a configuration file, or returns null. */
    static @Nullable ServerOption named(String optionName) {
        return BY_NAME.get(optionName);
    }

    String optionName() {
        return optionName;
    }

    OptionType type() {
        return type;
    }

    Scope scope() {
        return scope;
    }

    /** Returns the built-in value; {@link OptionValue#UNSET} when there is none. */
    OptionValue builtIn() {
        if (builtIn == null) {
            return OptionValue.UNSET;
        }
        try {
            OptionValue value = ValueParser.parse(this, builtIn, "");
            return value == null ? OptionValue.UNSET : value;
        } catch (InvalidValueException | ConfigException invalid) {
            throw new IllegalStateException(optionName, invalid);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import dev.barman.core.config.OptionValue.Flag;
import dev.barman.core.config.OptionValue.Names;
import dev.barman.core.config.OptionValue.Rates;
import dev.barman.core.config.OptionValue.Text;
import dev.barman.core.retention.RetentionPolicy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The effective configuration of one server: every layer applied, every value typed. Immutable.
 *
 * <p>A server whose configuration cannot work is {@link #disabled()}; {@link #problems()} says why. It still has all
 * its settings, so that it can be listed and shown.
 */
public final class ServerConfig {
    private final String name;
    private final OptionValues values;
    private final @Nullable String activeModel;
    private final List<String> problems;
    private final ConnectionConfig connection;
    private final ServerDirectories directories;
    private final ArchivingConfig archiving;
    private final BackupConfig backup;
    private final RetentionConfig retention;
    private final RecoveryConfig recovery;
    private final SnapshotConfig snapshot;

    ServerConfig(
            String name,
            OptionValues values,
            Path lockDirectory,
            @Nullable String activeModel,
            @Nullable RetentionPolicy policy,
            List<String> problems) {
        this.name = name;
        this.values = values;
        this.activeModel = activeModel;
        this.problems = List.copyOf(problems);
        this.connection = connection(values);
        this.directories = directories(name, values, lockDirectory);
        this.archiving = archiving(values);
        this.backup = backup(values);
        this.retention = retention(values, policy);
        this.recovery = recovery(values);
        this.snapshot = snapshot(values);
    }

    private static String builtIn(OptionValues values, ServerOption option) {
        String text = values.text(option);
        return text == null ? option.builtIn().text() : text;
    }

    private static Path path(OptionValues values, ServerOption option) {
        return Path.of(builtIn(values, option));
    }

    private static ConnectionConfig connection(OptionValues values) {
        return new ConnectionConfig(
                values.text(ServerOption.CONNINFO),
                values.text(ServerOption.STREAMING_CONNINFO),
                values.text(ServerOption.WAL_CONNINFO),
                values.text(ServerOption.WAL_STREAMING_CONNINFO),
                values.text(ServerOption.PRIMARY_CONNINFO),
                values.text(ServerOption.SSH_COMMAND),
                values.text(ServerOption.PRIMARY_SSH_COMMAND),
                values.flag(ServerOption.FORWARD_CONFIG_PATH),
                values.text(ServerOption.PATH_PREFIX),
                values.number(ServerOption.CHECK_TIMEOUT, 30),
                values.flag(ServerOption.IMMEDIATE_CHECKPOINT),
                values.number(ServerOption.PRIMARY_CHECKPOINT_TIMEOUT, 0),
                values.number(ServerOption.KEEPALIVE_INTERVAL, 60));
    }

    private static ServerDirectories directories(String name, OptionValues values, Path locks) {
        String wals = builtIn(values, ServerOption.WALS_DIRECTORY);
        boolean url = Paths.isUrl(wals);
        return new ServerDirectories(
                name,
                path(values, ServerOption.BACKUP_DIRECTORY),
                path(values, ServerOption.BASEBACKUPS_DIRECTORY),
                url ? path(values, ServerOption.XLOGDB_DIRECTORY) : Path.of(wals),
                url ? wals : null,
                path(values, ServerOption.INCOMING_WALS_DIRECTORY),
                path(values, ServerOption.STREAMING_WALS_DIRECTORY),
                path(values, ServerOption.ERRORS_DIRECTORY),
                path(values, ServerOption.XLOGDB_DIRECTORY),
                locks);
    }

    private static ArchivingConfig archiving(OptionValues values) {
        return new ArchivingConfig(
                values.flag(ServerOption.ARCHIVER),
                values.flag(ServerOption.STREAMING_ARCHIVER),
                values.number(ServerOption.ARCHIVER_BATCH_SIZE, 0),
                values.number(ServerOption.STREAMING_ARCHIVER_BATCH_SIZE, 0),
                builtIn(values, ServerOption.STREAMING_ARCHIVER_NAME),
                values.text(ServerOption.SLOT_NAME),
                builtIn(values, ServerOption.CREATE_SLOT).equals("auto"),
                values.number(ServerOption.MAX_INCOMING_WALS_QUEUE),
                values.text(ServerOption.COMPRESSION),
                builtIn(values, ServerOption.COMPRESSION_LEVEL),
                values.text(ServerOption.CUSTOM_COMPRESSION_FILTER),
                values.text(ServerOption.CUSTOM_DECOMPRESSION_FILTER),
                values.get(ServerOption.CUSTOM_COMPRESSION_MAGIC) instanceof OptionValue.Magic magic
                        ? magic.hexDigits()
                        : null,
                values.text(ServerOption.ENCRYPTION),
                values.text(ServerOption.ENCRYPTION_KEY_ID),
                values.text(ServerOption.ENCRYPTION_PASSPHRASE_COMMAND));
    }

    private static BackupConfig backup(OptionValues values) {
        String algorithm = values.text(ServerOption.BACKUP_COMPRESSION);
        BackupCompressionConfig compression = algorithm == null
                ? null
                : new BackupCompressionConfig(
                        algorithm,
                        values.text(ServerOption.BACKUP_COMPRESSION_FORMAT),
                        values.number(ServerOption.BACKUP_COMPRESSION_LEVEL),
                        values.text(ServerOption.BACKUP_COMPRESSION_LOCATION),
                        values.number(ServerOption.BACKUP_COMPRESSION_WORKERS));
        return new BackupConfig(
                BackupMethodName.fromId(builtIn(values, ServerOption.BACKUP_METHOD)),
                values.words(ServerOption.BACKUP_OPTIONS),
                values.number(ServerOption.BASEBACKUP_RETRY_TIMES, 0),
                values.number(ServerOption.BASEBACKUP_RETRY_SLEEP, 30),
                builtIn(values, ServerOption.STREAMING_BACKUP_NAME),
                values.whole(ServerOption.BANDWIDTH_LIMIT),
                values.get(ServerOption.TABLESPACE_BANDWIDTH_LIMIT) instanceof Rates rates ? rates.values() : Map.of(),
                compression,
                values.flag(ServerOption.WORM_MODE),
                values.flag(ServerOption.AUTOGENERATE_MANIFEST),
                values.number(ServerOption.PARALLEL_JOBS, 1),
                values.number(ServerOption.PARALLEL_JOBS_START_BATCH_SIZE, 10),
                values.number(ServerOption.PARALLEL_JOBS_START_BATCH_PERIOD, 1),
                values.text(ServerOption.REUSE_BACKUP),
                values.flag(ServerOption.NETWORK_COMPRESSION));
    }

    private static RetentionConfig retention(OptionValues values, @Nullable RetentionPolicy policy) {
        return new RetentionConfig(
                policy,
                values.text(ServerOption.RETENTION_POLICY),
                values.number(ServerOption.MINIMUM_REDUNDANCY, 0),
                values.interval(ServerOption.LAST_BACKUP_MAXIMUM_AGE),
                values.whole(ServerOption.LAST_BACKUP_MINIMUM_SIZE),
                values.interval(ServerOption.LAST_WAL_MAXIMUM_AGE));
    }

    private static RecoveryConfig recovery(OptionValues values) {
        return new RecoveryConfig(
                values.words(ServerOption.RECOVERY_OPTIONS),
                values.text(ServerOption.STAGING_PATH),
                builtIn(values, ServerOption.STAGING_LOCATION).equals("remote"),
                values.text(ServerOption.LOCAL_STAGING_PATH),
                values.text(ServerOption.RECOVERY_STAGING_PATH),
                builtIn(values, ServerOption.COMBINE_MODE));
    }

    private static SnapshotConfig snapshot(OptionValues values) {
        String project = values.text(ServerOption.GCP_PROJECT);
        String zone = values.text(ServerOption.GCP_ZONE);
        return new SnapshotConfig(
                values.text(ServerOption.SNAPSHOT_PROVIDER),
                values.text(ServerOption.SNAPSHOT_INSTANCE),
                values.get(ServerOption.SNAPSHOT_DISKS) instanceof Names names ? names.values() : List.of(),
                project != null ? project : values.text(ServerOption.SNAPSHOT_GCP_PROJECT),
                zone != null ? zone : values.text(ServerOption.SNAPSHOT_ZONE),
                values.text(ServerOption.AZURE_SUBSCRIPTION_ID),
                values.text(ServerOption.AZURE_RESOURCE_GROUP),
                values.text(ServerOption.AZURE_CREDENTIAL),
                values.text(ServerOption.AWS_PROFILE),
                values.text(ServerOption.AWS_REGION),
                values.number(ServerOption.AWS_AWAIT_SNAPSHOTS_TIMEOUT, 3600),
                values.text(ServerOption.AWS_SNAPSHOT_LOCK_MODE),
                values.whole(ServerOption.AWS_SNAPSHOT_LOCK_DURATION),
                values.whole(ServerOption.AWS_SNAPSHOT_LOCK_COOL_OFF_PERIOD),
                values.text(ServerOption.AWS_SNAPSHOT_LOCK_EXPIRATION_DATE));
    }

    /** Returns the name: that of the section. */
    public String name() {
        return name;
    }

    /** Returns the free text of {@code description}, or null. */
    public @Nullable String description() {
        return values.text(ServerOption.DESCRIPTION);
    }

    /** Returns the cluster that ties the server to its models; the name unless configured. Null when set empty. */
    public @Nullable String cluster() {
        return values.text(ServerOption.CLUSTER);
    }

    /** Returns whether operational commands work on the server. */
    public boolean active() {
        return values.flag(ServerOption.ACTIVE);
    }

    /** Returns whether the server cannot be used as configured, or its model disables it. */
    public boolean disabled() {
        return !problems.isEmpty() || values.flag(ServerOption.DISABLED);
    }

    /** Returns why the server is disabled, in Barman's order; may be empty when a model disables it. */
    public List<String> problems() {
        return problems;
    }

    /** Returns whether the server replicates another Barman ({@code primary_ssh_command} is set). */
    public boolean passive() {
        return connection.primarySshCommand() != null;
    }

    /** Returns the model in force, or null. */
    public @Nullable String activeModel() {
        return activeModel;
    }

    /** Returns how the server is reached. */
    public ConnectionConfig connection() {
        return connection;
    }

    /** Returns where its data lives. */
    public ServerDirectories directories() {
        return directories;
    }

    /** Returns how WAL is archived. */
    public ArchivingConfig archiving() {
        return archiving;
    }

    /** Returns how base backups are taken. */
    public BackupConfig backup() {
        return backup;
    }

    /** Returns retention and thresholds. */
    public RetentionConfig retention() {
        return retention;
    }

    /** Returns how backups are restored. */
    public RecoveryConfig recovery() {
        return recovery;
    }

    /** Returns the options of cloud snapshots. */
    public SnapshotConfig snapshot() {
        return snapshot;
    }

    /** Returns the hook scripts. */
    public HookScripts hooks() {
        return new HookScripts(values);
    }

    /**
     * Returns every option with its effective value, and {@code name}, {@code passive_node} and {@code active_model},
     * sorted by name.
     *
     * <p>{@code last_backup_maximum_age} is the plain interval here; {@code show-servers} replaces it by a sentence
     * about the latest backup.
     */
    public List<ConfigValue> describe() {
        List<ConfigValue> described = new ArrayList<>();
        for (ServerOption option : ServerOption.values()) {
            OptionValue value = option == ServerOption.DISABLED ? Flag.of(disabled()) : values.get(option);
            described.add(new ConfigValue(option.optionName(), value));
        }
        described.add(new ConfigValue("name", new Text(name)));
        described.add(new ConfigValue("passive_node", Flag.of(passive())));
        described.add(new ConfigValue("active_model", activeModel == null ? OptionValue.UNSET : new Text(activeModel)));
        described.sort(Comparator.comparing(ConfigValue::name));
        return List.copyOf(described);
    }
}

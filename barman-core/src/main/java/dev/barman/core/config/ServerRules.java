// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import dev.barman.core.config.OptionValue.Flag;
import dev.barman.core.config.OptionValue.Words;
import dev.barman.core.message.Messages;
import dev.barman.core.postgres.ConnInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What makes a server unusable, and what is put right with a warning, as far as the configuration alone shows it. Rules
 * that need PostgreSQL or the versions of its tools are applied by the services that know them.
 */
final class ServerRules {
    private static final String CONCURRENT = "concurrent_backup";
    private static final String EXCLUSIVE = "exclusive_backup";
    private static final List<ServerOption> REQUIRED_BY_SNAPSHOT =
            List.of(ServerOption.SNAPSHOT_DISKS, ServerOption.SNAPSHOT_INSTANCE, ServerOption.SNAPSHOT_PROVIDER);

    private final String server;
    private final OptionValues values;
    private final Messages messages;
    private final List<String> problems = new ArrayList<>();

    ServerRules(String server, OptionValues values, Messages messages) {
        this.server = server;
        this.values = values;
        this.messages = messages;
    }

    /**
     * Checks a server that is not a passive node and adjusts its values.
     *
     * @return the reasons why it cannot be used, in the order in which Barman reports them
     */
    List<String> apply() {
        BackupMethodName method = BackupMethodName.fromId(required(ServerOption.BACKUP_METHOD));
        connection();
        if (method == BackupMethodName.POSTGRES || values.flag(ServerOption.STREAMING_ARCHIVER)) {
            streamingConnection();
        }
        switch (method) {
            case RSYNC -> rsync(true);
            case LOCAL_RSYNC -> rsync(false);
            case POSTGRES -> postgres();
            case SNAPSHOT -> snapshot();
        }
        archivers();
        places();
        return problems;
    }

    private String required(ServerOption option) {
        String text = values.text(option);
        return text == null ? option.builtIn().text() : text;
    }

    private void connection() {
        String conninfo = values.text(ServerOption.CONNINFO);
        if (conninfo == null) {
            problems.add("PostgreSQL connection: Missing 'conninfo' parameter for server '" + server + "'");
            return;
        }
        checkDsn("PostgreSQL", conninfo);
        String primary = values.text(ServerOption.PRIMARY_CONNINFO);
        if (primary != null) {
            checkDsn("PostgreSQL", primary);
        }
    }

    private void streamingConnection() {
        String conninfo = values.text(ServerOption.STREAMING_CONNINFO);
        if (conninfo == null) {
            problems.add("Streaming connection: Missing 'streaming_conninfo' parameter for server '" + server + "'");
        } else {
            checkDsn("Streaming", conninfo);
        }
    }

    private void checkDsn(String kind, String conninfo) {
        if (!ConnInfo.isValid(conninfo)) {
            problems.add(kind + " connection: Cannot connect to postgres: \"" + conninfo
                    + "\" is not a valid connection string");
        }
    }

    private void rsync(boolean remote) {
        boolean ssh = !values.isUnset(ServerOption.SSH_COMMAND);
        if (remote && !ssh) {
            missingSsh();
            return;
        }
        if (!remote && ssh) {
            problems.add("Local copy requires ssh_command in barman configuration to be empty for server " + server);
        }
        unsupported(!values.isUnset(ServerOption.BACKUP_COMPRESSION), ServerOption.BACKUP_COMPRESSION, "rsync");
        defaultStrategy();
    }

    private void missingSsh() {
        problems.add("Missing or invalid ssh_command in barman configuration for server " + server);
    }

    private void unsupported(boolean used, ServerOption option, String method) {
        if (used) {
            problems.add(option.optionName() + " option is not supported by " + method + " backup_method");
        }
    }

    private boolean reuses() {
        String reuse = values.text(ServerOption.REUSE_BACKUP);
        return "copy".equals(reuse) || "link".equals(reuse);
    }

    private boolean isSet(ServerOption option) {
        return !values.isUnset(option) && values.number(option, 1) != 0;
    }

    private void defaultStrategy() {
        SortedSet<String> options = values.words(ServerOption.BACKUP_OPTIONS);
        if (!options.contains(CONCURRENT) && !options.contains(EXCLUSIVE)) {
            messages.warning("No backup strategy set for server '" + server + "' (using default 'concurrent_backup').");
            setConcurrent(options);
        }
    }

    private void setConcurrent(SortedSet<String> options) {
        SortedSet<String> changed = new TreeSet<>(options);
        changed.remove(EXCLUSIVE);
        changed.add(CONCURRENT);
        values.set(ServerOption.BACKUP_OPTIONS, new Words("BackupOptions", changed));
    }

    private void postgres() {
        SortedSet<String> options = values.words(ServerOption.BACKUP_OPTIONS);
        if (options.contains(EXCLUSIVE)) {
            messages.warning("'exclusive_backup' is not a valid backup_option using postgres backup_method."
                    + " Overriding with 'concurrent_backup'.");
        } else if (!options.contains(CONCURRENT)) {
            messages.debug("The default backup strategy for postgres backup_method is: concurrent_backup");
        }
        setConcurrent(options);
        unsupported(
                !values.isUnset(ServerOption.TABLESPACE_BANDWIDTH_LIMIT),
                ServerOption.TABLESPACE_BANDWIDTH_LIMIT,
                "postgres");
        unsupported(reuses(), ServerOption.REUSE_BACKUP, "postgres");
        unsupported(values.flag(ServerOption.NETWORK_COMPRESSION), ServerOption.NETWORK_COMPRESSION, "postgres");
    }

    private void snapshot() {
        if (values.isUnset(ServerOption.SSH_COMMAND)) {
            missingSsh();
            return;
        }
        String method = "snapshot";
        unsupported(!values.isUnset(ServerOption.BACKUP_COMPRESSION), ServerOption.BACKUP_COMPRESSION, method);
        unsupported(isSet(ServerOption.BANDWIDTH_LIMIT), ServerOption.BANDWIDTH_LIMIT, method);
        unsupported(values.flag(ServerOption.NETWORK_COMPRESSION), ServerOption.NETWORK_COMPRESSION, method);
        unsupported(
                !values.isUnset(ServerOption.TABLESPACE_BANDWIDTH_LIMIT),
                ServerOption.TABLESPACE_BANDWIDTH_LIMIT,
                method);
        unsupported(reuses(), ServerOption.REUSE_BACKUP, method);
        boolean complete = true;
        for (ServerOption option : REQUIRED_BY_SNAPSHOT) {
            if (values.isUnset(option)) {
                problems.add(option.optionName() + " option is required by snapshot backup_method");
                complete = false;
            }
        }
        problems.addAll(SnapshotLockRules.check(values));
        if (complete) {
            String provider = required(ServerOption.SNAPSHOT_PROVIDER);
            String reason = providerProblem(provider);
            if (reason != null) {
                problems.add("Error initialising snapshot provider " + provider + ": " + reason);
            }
        }
        defaultStrategy();
    }

    private @Nullable String providerProblem(String provider) {
        return switch (provider) {
            case "gcp" ->
                values.isUnset(ServerOption.GCP_PROJECT) && values.isUnset(ServerOption.SNAPSHOT_GCP_PROJECT)
                        ? "gcp_project option must be set when snapshot_provider is gcp"
                        : null;
            case "azure" ->
                values.isUnset(ServerOption.AZURE_SUBSCRIPTION_ID)
                        ? "azure_subscription_id option must be set when snapshot_provider is azure"
                        : null;
            case "aws" -> null;
            default -> "Unsupported snapshot provider: " + provider;
        };
    }

    /** What is kept in a bucket, and how, is refused here, before there is anything to lose. */
    private void places() {
        String backups = values.text(ServerOption.BASEBACKUPS_DIRECTORY);
        if (backups != null && Paths.isUrl(backups)) {
            problems.add("basebackups_directory must be a directory for server " + server + ", not a URL: " + backups);
        }
        String wals = values.text(ServerOption.WALS_DIRECTORY);
        if (wals == null || !Paths.isUrl(wals)) {
            return;
        }
        if (wals.matches("[^:]*://[^/]*@.*") || wals.contains("?") || wals.contains("#")) {
            // Not shown: it may be a signature or a password.
            problems.add(
                    "wals_directory must be the plain URL of a bucket for server " + server
                            + ", without a user, a query ('?') or a fragment ('#'): credentials belong into the environment or the files of the cloud's tools");
        }
        String compression = values.text(ServerOption.COMPRESSION);
        if (compression != null && !ArchivingConfig.fitsBuckets(compression)) {
            problems.add("compression '" + compression + "' is not supported with a URL as wals_directory for server "
                    + server + ": use one of " + String.join(", ", ArchivingConfig.BUCKET_COMPRESSIONS));
        }
        if (!values.isUnset(ServerOption.ENCRYPTION)) {
            problems.add("encryption is not supported with a URL as wals_directory for server " + server
                    + ": let the bucket encrypt, or keep the WAL files in a directory");
        }
    }

    private void archivers() {
        boolean streaming = values.flag(ServerOption.STREAMING_ARCHIVER);
        boolean file = values.flag(ServerOption.ARCHIVER);
        if (!streaming && !file) {
            messages.warning("No archiver enabled for server '" + server
                    + "'. Please turn on 'archiver', 'streaming_archiver' or both");
            messages.warning("Forcing 'archiver = on'");
            values.set(ServerOption.ARCHIVER, Flag.TRUE);
        }
        if (streaming && !file && values.isUnset(ServerOption.SLOT_NAME)) {
            problems.add("Streaming-only archiver requires 'streaming_conninfo' and 'slot_name' options to be properly"
                    + " configured");
        }
    }
}

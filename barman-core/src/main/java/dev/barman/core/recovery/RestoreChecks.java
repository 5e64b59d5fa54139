// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import dev.barman.core.RecoveryException;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.Tablespace;
import dev.barman.core.config.RecoveryConfig;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.message.Messages;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** Refuses requests that cannot be honoured, before anything is touched; the order is Barman's. */
final class RestoreChecks {
    private static final String REMOTE_HINT =
            "\nHINT: If you want to do a remote recovery you have to use the --remote-ssh-command option";

    private final RestoreRequest request;
    private final ServerConfig server;
    private final Messages messages;

    RestoreChecks(RestoreRequest request, ServerConfig server, Messages messages) {
        this.request = request;
        this.server = server;
        this.messages = messages;
    }

    /** Refuses more than one target; to be asked before a backup is looked for. */
    void targets() throws RecoveryException {
        if (request.target().given().size() > 1) {
            throw new RecoveryException("You cannot specify multiple targets for the recovery operation");
        }
    }

    /** Refuses staging options that cannot be meant; to be asked before the backup is looked at. */
    void stagingOptions() throws RecoveryException {
        requireAbsolute("staging path", request.staging().path());
        requireAbsolute("recovery staging path", request.staging().recoveryPath());
        requireAbsolute("local staging path", request.staging().localPath());
        if ("remote".equals(request.staging().location()) && request.remoteSshCommand() == null) {
            throw new RecoveryException("--staging-location as remote requires --remote-ssh-command to be set");
        }
    }

    private static void requireAbsolute(String what, @Nullable String path) throws RecoveryException {
        if (path != null && !path.startsWith("/")) {
            throw new RecoveryException(
                    "Cannot parse " + what + ": Invalid value : '" + path + "' (must be an absolute path)");
        }
    }

    /**
     * Checks the request against the backup.
     *
     * @return the new locations of tablespaces by name
     */
    Map<String, Path> backup(BackupInfo backup) throws RecoveryException {
        if (!backup.status().isCopyDone()) {
            throw cannotRestore("backup status is not DONE");
        }
        stagingOf(backup);
        Map<String, Path> relocations = relocations(backup);
        if (request.remoteSshCommand() == null && request.destination().indexOf(':') >= 0) {
            throw new RecoveryException(
                    "The destination directory parameter cannot contain the ':' character" + REMOTE_HINT);
        }
        if (request.remoteSshCommand() == null && Boolean.TRUE.equals(request.networkCompression())) {
            throw new RecoveryException("Network compression can only be used with remote recovery." + REMOTE_HINT);
        }
        if (delta() && request.remoteSshCommand() == null && (backup.compression() != null || !backup.isFull())) {
            throw new RecoveryException(
                    "Cannot restore a backup locally with delta mode when the backup is not plain.");
        }
        snapshots(backup);
        available(backup);
        return relocations;
    }

    /** Returns whether an existing directory is to be updated. */
    boolean delta() {
        Boolean asked = request.deltaRestore();
        return asked != null ? asked : server.recovery().options().contains("delta-restore");
    }

    private RecoveryException cannotRestore(String reason) {
        return new RecoveryException(
                "Cannot restore from backup '" + request.backup() + "' of server '" + server.name() + "': " + reason);
    }

    /** The deprecated pair of staging options has to be complete for what the backup needs. */
    private void stagingOf(BackupInfo backup) throws RecoveryException {
        RecoveryConfig config = server.recovery();
        if (request.staging().path() != null || config.stagingPath() != null) {
            return;
        }
        String local = first(request.staging().localPath(), config.localStagingPath());
        String recovery = first(request.staging().recoveryPath(), config.recoveryStagingPath());
        if (local == null && recovery == null) {
            return;
        }
        boolean needed = backup.encryption() != null || backup.compression() != null || backup.isIncremental();
        if (backup.encryption() != null && local == null) {
            throw cannotRestore("backup is encrypted with '" + backup.encryption() + "' and it will be decrypted in the"
                    + " barman host but no staging path and location was provided." + stagingHint());
        }
        if (backup.compression() != null && recovery == null) {
            throw cannotRestore("backup is compressed with " + backup.compression()
                    + " compression and it will be decompressed in a staging area but no staging path was provided."
                    + stagingHint());
        }
        if (backup.isIncremental() && local == null) {
            throw cannotRestore("backup has to be combined with pg_combinebackup in a staging area but no staging path"
                    + " was provided." + stagingHint());
        }
        if (needed) {
            messages.warning("The options local_staging_path and recovery_staging_path are deprecated. Use staging_path"
                    + " and staging_location instead.");
        }
    }

    private static String stagingHint() {
        return " Either set 'staging_path' in the configuration or use the option --staging-path.";
    }

    private static @Nullable String first(@Nullable String option, @Nullable String configured) {
        return option != null ? option : configured;
    }

    private Map<String, Path> relocations(BackupInfo backup) throws RecoveryException {
        Map<String, Path> relocations = new LinkedHashMap<>();
        for (String rule : request.tablespaceRules()) {
            int colon = rule.indexOf(':');
            if (colon < 0) {
                throw new RecoveryException("Invalid tablespace relocation rule '" + rule
                        + "'\nHINT: The valid syntax for a relocation rule is NAME:LOCATION");
            }
            Path location = Path.of(rule.substring(colon + 1)).toAbsolutePath().normalize();
            relocations.put(rule.substring(0, colon), location);
        }
        StringJoiner known = new StringJoiner(", ");
        for (Tablespace tablespace : backup.tablespaces()) {
            known.add(tablespace.name());
        }
        for (String name : relocations.keySet()) {
            boolean exists = false;
            for (Tablespace tablespace : backup.tablespaces()) {
                exists |= tablespace.name().equals(name);
            }
            if (!exists) {
                throw new RecoveryException("Invalid tablespace name '" + name
                        + "'\nHINT: Please use any of the following tablespaces: " + known);
            }
        }
        return relocations;
    }

    private void snapshots(BackupInfo backup) throws RecoveryException {
        boolean snapshot = backup.snapshotsInfo() != null;
        if (snapshot && request.snapshotInstance() == null) {
            throw new RecoveryException("Backup " + backup.id() + " is a snapshot backup and the following required"
                    + " arguments have not been provided: --snapshot-recovery-instance");
        }
        if (snapshot && !request.tablespaceRules().isEmpty()) {
            throw new RecoveryException("Backup " + backup.id()
                    + " is a snapshot backup therefore tablespace relocation rules cannot be used.");
        }
        if (!snapshot && request.snapshotInstance() != null) {
            throw new RecoveryException("Backup " + backup.id() + " is not a snapshot backup but the following snapshot"
                    + " arguments have been used: --snapshot-recovery-instance");
        }
    }

    /** What Barman can do and this program cannot yet is refused as a whole. */
    private void available(BackupInfo backup) throws RecoveryException {
        if (request.remoteSshCommand() != null) {
            throw notYet(
                    "--remote-ssh-command: a restore on another host",
                    "Restore into a directory of this host and copy it, or share the directory with this host.");
        }
        if (backup.snapshotsInfo() != null) {
            throw notYet("Backup " + backup.id() + ": a restore from snapshots", "Use the Barman that took it.");
        }
        if (backup.isIncremental()) {
            throw notYet(
                    "Backup " + backup.id() + ": a restore of an incremental backup",
                    "Restore the full backup it builds on, with a recovery target, or combine the chain with"
                            + " pg_combinebackup.");
        }
        if (backup.encryption() != null) {
            throw notYet(
                    "Backup " + backup.id() + ": a restore of an encrypted base backup",
                    "Decrypt its archives with gpg into a copy of the catalogue, or use the Barman that took it.");
        }
    }

    private static RecoveryException notYet(String what, String instead) {
        return new RecoveryException(what + " is not supported yet; nothing was done.\nHINT: " + instead);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupInfoFormatException;
import dev.barman.object.ObjectStore;
import dev.barman.storage.cloud.CloudLocation;
import dev.barman.storage.cloud.WalKeys;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Optional;

/**
 * What one run of a cloud command works with. Immutable.
 *
 * @param store the bucket or container; whoever made the session closes it
 * @param location the URL
 * @param server name of the server
 * @param walKeys where its WAL files are
 * @param out for results
 * @param log for messages
 */
record CloudSession(
        ObjectStore store, CloudLocation location, String server, WalKeys walKeys, PrintStream out, CloudLog log) {
    CloudBackupCatalog catalog() {
        return new CloudBackupCatalog(store, location, server);
    }

    /** Reads all backups; warns of what cannot be understood. */
    CloudBackups load() throws IOException {
        CloudBackups backups = catalog().load();
        backups.unreadable()
                .forEach((id, why) -> log.warning("Unable to read backup.info of backup " + id + ": " + why));
        for (CloudBackup backup : backups.all()) {
            warnOfUnknown(backup.info());
        }
        return backups;
    }

    private void warnOfUnknown(BackupInfo info) {
        if (!info.unknownFields().isEmpty()) {
            log.warning("backup.info of backup " + info.id() + " has fields of a newer release: "
                    + String.join(", ", info.unknownFields().keySet()));
        }
    }

    /** The id that a word on the command line means; a well-formed id is taken as it is, without asking. */
    BackupId resolve(String word) throws CloudException, IOException {
        return BackupId.isWellFormed(word) ? BackupId.of(word) : load().resolve(word);
    }

    /**
     * Reads the metadata of one backup.
     *
     * @return empty when there is no such backup
     * @throws CloudException when it cannot be understood
     */
    Optional<BackupInfo> find(BackupId id) throws CloudException, IOException {
        try {
            Optional<BackupInfo> info = catalog().find(id);
            info.ifPresent(this::warnOfUnknown);
            return info;
        } catch (BackupInfoFormatException e) {
            throw new CloudException(
                    CloudExit.FAILED, "Unable to read backup.info of backup " + id + ": " + e.getMessage());
        }
    }
}

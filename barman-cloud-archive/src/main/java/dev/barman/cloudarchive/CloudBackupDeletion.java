// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.catalog.Tablespace;
import dev.barman.core.catalog.WalRemovalPlan.Cause;
import dev.barman.core.text.PythonText;
import dev.barman.object.ObjectInfo;
import dev.barman.object.ObjectKey;
import dev.barman.object.StorageException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Deletes backups of one server, one after the other: first everything is looked at (WAL that goes, keep request, locks), then the
 * archives go, then the metadata, then the WAL. A backup that could not be deleted completely still has its metadata, so that the deletion can be
 * repeated, and still protects its WAL. Not thread-safe.
 */
final class CloudBackupDeletion {
    /** No backup takes longer between its first visible object and its {@code backup.info}. */
    private static final Duration UNRECORDED_AGE = Duration.ofDays(1);

    private final CloudSession session;
    private final CloudWals wals;
    private final int batchSize;
    private final boolean dryRun;
    private final boolean checkLocks;
    /** WAL that a dry run has spoken of. */
    private final Set<ObjectKey> skipped = new HashSet<>();

    private CloudBackups backups;

    /**
     * @param backups all backups of the server
     * @param batchSize how many objects are deleted with one request at most
     * @param dryRun only tell what would go
     * @param checkLocks refuse the deletion of a backup of which any object is locked
     */
    CloudBackupDeletion(CloudSession session, CloudBackups backups, int batchSize, boolean dryRun, boolean checkLocks) {
        this.session = session;
        this.wals = new CloudWals(session.store(), session.walKeys());
        this.backups = backups;
        this.batchSize = batchSize;
        this.dryRun = dryRun;
        this.checkLocks = checkLocks;
    }

    /**
     * Deletes a backup and the WAL that nothing needs any more.
     *
     * @return whether all of it is gone; otherwise the reason has been said
     * @throws IOException when the bucket cannot be read; nothing is deleted then
     */
    boolean delete(BackupId id, Cause cause) throws IOException {
        Optional<CloudBackup> found = backups.find(id);
        if (found.isEmpty()) {
            return false;
        }
        BackupInfo info = found.get().info();
        if (info.snapshotsInfo() != null) {
            session.log()
                    .error("Cannot delete backup " + id
                            + ": its data is in snapshots of a cloud provider, which this release cannot delete");
            return false;
        }
        List<ObjectKey> archives = archives(found.get());
        ObjectKey metadata = session.catalog().keys().info(id);
        Optional<CloudWalRemoval> removal = CloudWalRemoval.of(backups, info, cause, wals, session.log());
        List<ObjectKey> obsolete = removal.isEmpty()
                ? List.of()
                : removal.get().objects(wals).stream()
                        .filter(key -> !skipped.contains(key))
                        .toList();
        if (session.catalog().keep(id).isPresent()) {
            // Set since the catalogue was read.
            session.log().error(keepRefusal(id, session.server()));
            return false;
        }
        List<ObjectKey> all = new ArrayList<>(archives);
        all.add(metadata);
        if (checkLocks && isLocked(id, all)) {
            return false;
        }
        boolean gone = remove("backup " + id, archives) && remove("backup " + id, List.of(metadata));
        if (!gone) {
            return false;
        }
        backups = backups.without(id);
        return remove("WAL files that no backup needs after the deletion of backup " + id, obsolete);
    }

    /**
     * Deletes archives below an id without a {@code backup.info}, as a backup leaves them of which the last step has failed.
     *
     * @param now those that were stored less than a day before may belong to a backup that is being made
     * @return whether none is there any more; otherwise the reason has been said
     * @throws IOException when the bucket cannot be read; nothing is deleted then
     */
    boolean deleteUnrecorded(BackupId id, Instant now) throws IOException {
        String prefix = session.catalog().keys().prefix(id);
        List<ObjectKey> archives = new ArrayList<>();
        Instant newest = Instant.MIN;
        for (ObjectInfo object : session.store().listAll(prefix)) {
            String name = object.key().value().substring(prefix.length());
            if (BackupArchive.parse(name, object).isPresent()) {
                archives.add(object.key());
                newest = object.lastModified().isAfter(newest) ? object.lastModified() : newest;
            }
        }
        if (archives.isEmpty()) {
            session.log().warning("Backup " + id + " does not exist");
            return true;
        }
        if (newest.plus(UNRECORDED_AGE).isAfter(now)) {
            session.log()
                    .error("Cannot delete the archives of backup " + id
                            + ": they have no backup.info, and as one of them was stored less than a day ago, the backup may be"
                            + " under way; try again after " + newest.plus(UNRECORDED_AGE));
            return false;
        }
        if (session.catalog().keep(id).isPresent()) {
            session.log().error(keepRefusal(id, session.server()));
            return false;
        }
        if (checkLocks && isLocked(id, archives)) {
            return false;
        }
        session.log().info("Deleting the archives of backup " + id + ", which has no backup.info");
        return remove("the archives of backup " + id, archives);
    }

    static String keepRefusal(BackupId id, String server) {
        return "Skipping delete of backup " + id + " for server " + server + " as it has a current keep request. If"
                + " you really want to delete this backup please remove the keep and try again.";
    }

    private List<ObjectKey> archives(CloudBackup backup) {
        List<ObjectKey> keys = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (BackupArchive archive : BackupArchive.of(backup)) {
            keys.add(archive.object().key());
            names.add(archive.name());
        }
        if (backup.info().status() == BackupStatus.DONE) {
            List<String> wanted = new ArrayList<>(List.of(BackupArchive.DATA));
            for (Tablespace tablespace : backup.info().tablespaces()) {
                wanted.add(Long.toString(tablespace.oid()));
            }
            for (String name : wanted) {
                if (!names.contains(name)) {
                    session.log()
                            .warning("Backup " + backup.info().id() + " has no archive " + name + ".tar in the bucket");
                }
            }
        }
        return keys;
    }

    private boolean isLocked(BackupId id, List<ObjectKey> all) throws StorageException {
        for (ObjectKey key : all) {
            Optional<String> lock = session.store().lock(key);
            if (lock.isPresent()) {
                session.log().error("Cannot delete backup " + id + ": object " + key + " has " + lock.get());
                return true;
            }
        }
        return false;
    }

    private boolean remove(String what, List<ObjectKey> keys) {
        if (keys.isEmpty()) {
            return true;
        }
        if (dryRun) {
            skipped.addAll(keys);
            List<String> texts = new ArrayList<>();
            keys.forEach(key -> texts.add(key.value()));
            session.out()
                    .println("Skipping deletion of objects " + PythonText.repr(texts) + " due to --dry-run option");
            return true;
        }
        boolean complete = true;
        for (int start = 0; start < keys.size(); start += batchSize) {
            List<ObjectKey> batch = keys.subList(start, Math.min(keys.size(), start + batchSize));
            try {
                for (Map.Entry<ObjectKey, StorageException> failure :
                        session.store().delete(batch).entrySet()) {
                    session.log().error(String.valueOf(failure.getValue().getMessage()));
                    complete = false;
                }
            } catch (StorageException e) {
                session.log().error(String.valueOf(e.getMessage()));
                complete = false;
            }
        }
        if (!complete) {
            session.log().error("Error from cloud provider while deleting " + what + ": some objects are still there");
        }
        return complete;
    }
}

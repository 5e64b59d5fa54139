// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.signal.TerminatedException;
import dev.barman.core.signal.TerminationSignals;
import dev.barman.file.IoReason;
import dev.barman.object.ObjectKey;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Stores the {@code backup.info} of a new backup, which replaces none, whatever becomes of the backup. Not thread-safe. */
final class NewBackupInfo {
    /** Hours of work hang on one small object: that is worth more patience than the store itself has with a request. */
    private static final List<Duration> PAUSES =
            List.of(Duration.ofSeconds(2), Duration.ofSeconds(10), Duration.ofSeconds(30), Duration.ofSeconds(60));

    private final CloudSession session;
    private final PutOptions options;
    private final TerminationSignals signals;

    /**
     * @param tags of the object
     * @param signals end a wait
     */
    NewBackupInfo(CloudSession session, Map<String, String> tags, TerminationSignals signals) {
        this.session = session;
        this.options = PutOptions.CREATE_ONLY.withTags(tags);
        this.signals = signals;
    }

    /** Whether a {@code backup.info} is in the bucket. */
    private enum Stored {
        YES,
        NO,
        UNKNOWN
    }

    private void save(BackupInfo info) throws IOException {
        session.catalog().save(info, options);
    }

    /**
     * Stores it when everything else is in the bucket, and tries that for two minutes.
     *
     * @throws IOException when it cannot be stored, or there is another one; it may be there all the same when only answers were lost
     */
    void saveLast(BackupInfo info) throws IOException, TerminatedException {
        for (Duration pause : PAUSES) {
            try {
                save(info);
                return;
            } catch (StorageException e) {
                if (!e.retryable()) {
                    throw e;
                }
                session.log()
                        .warning("The backup is in the bucket but for its backup.info, which is tried again in "
                                + pause.toSeconds() + " seconds: " + e.getMessage());
            }
            signals.sleep(pause);
        }
        save(info);
    }

    /**
     * Records that a backup has failed, and sees that nothing of it stays in the bucket but that record. Archives of which the {@code backup.info} may have been
     * stored go only when a FAILED one is there: nobody must find a complete backup without its data.
     *
     * @param info what was found out of the backup
     * @param upload its archives
     * @param reason one line
     * @return whether the backup is complete all the same, since only an answer was lost
     */
    boolean giveUp(BackupInfo info, CloudBackupUpload upload, String reason) {
        CloudLog log = session.log();
        if (upload.isComplete() && isStored(info) == Stored.YES) {
            log.warning("The answer to the last request was lost, but the backup is complete (" + reason + ")");
            return true;
        }
        log.error("Backup failed uploading data (" + reason + ")");
        if (!upload.isComplete()) {
            warnOfLeft(info, upload.discard());
        }
        try {
            save(failed(info, reason));
        } catch (IOException e) {
            Stored stored = upload.isComplete() ? isStored(info) : Stored.NO;
            if (stored == Stored.YES) {
                log.warning(
                        "All the same the backup is complete: its backup.info was stored, and only the answer was lost");
                return true;
            }
            log.error("The failure could not be recorded in the bucket: " + IoReason.of(e));
            if (stored == Stored.UNKNOWN) {
                log.error(
                        "The backup may be complete: whether its backup.info was stored cannot be asked. Look at what 'barman-cloud-backup-list'"
                                + " says of backup " + info.id() + " before deleting anything; its archives are "
                                + upload.visible());
            } else if (upload.isComplete()) {
                log.error("These archives stay in the bucket without a backup.info, and are no backup: "
                        + upload.visible() + "; 'barman-cloud-backup-delete --backup-id " + info.id()
                        + "' removes them, a day from now at the earliest");
            }
            return false;
        }
        if (upload.isComplete()) {
            warnOfLeft(info, upload.remove());
        }
        return false;
    }

    private static BackupInfo failed(BackupInfo info, String reason) {
        return info.toBuilder()
                .status(BackupStatus.FAILED)
                .error("failure uploading data (" + reason + ")")
                .copyStats(null)
                .backupLabel(null)
                .endTime(null)
                .endXlog(null)
                .endWal(null)
                .endOffset(null)
                .build();
    }

    private void warnOfLeft(BackupInfo info, List<ObjectKey> left) {
        if (!left.isEmpty()) {
            session.log()
                    .warning("These objects of the failed backup could not be removed, or may still be there: " + left
                            + "; 'barman-cloud-backup-delete --backup-id " + info.id() + "' removes them");
        }
    }

    private Stored isStored(BackupInfo done) {
        try {
            return session.catalog().holds(done) ? Stored.YES : Stored.NO;
        } catch (IOException e) {
            session.log().info("Whether the backup.info was stored is not known: " + IoReason.of(e));
            return Stored.UNKNOWN;
        }
    }
}

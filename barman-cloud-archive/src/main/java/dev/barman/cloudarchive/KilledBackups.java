// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.core.catalog.BackupId;
import dev.barman.object.ObjectInfo;
import dev.barman.object.ObjectKey;
import dev.barman.object.StorageException;
import dev.barman.object.UnfinishedUpload;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Gives up the unfinished uploads of backups that were killed: nobody sees them, and they are paid for. Those of Amazon's protocol stay for ever otherwise;
 * Azure and Google remove theirs after a week. A backup that waits for the archiving of its WAL is silent, too, of other programs as well: hence a month. What belongs to a backup at work, to another server or to
 * something else than a backup is not touched. Not thread-safe.
 */
final class KilledBackups {
    /** A backup that waits for the archive sends nothing either, but it will hardly wait so long. */
    static final Duration SILENCE = Duration.ofDays(30);

    private final CloudSession session;
    private final Instant silentSince;

    /**
     * @param now the present time
     */
    KilledBackups(CloudSession session, Instant now) {
        this.session = session;
        this.silentSince = now.minus(SILENCE);
    }

    /** Gives up what there is. A store that refuses is no failure: a message says so. */
    void clean() {
        String prefix = session.catalog().keys().prefix();
        try {
            Map<String, List<UnfinishedUpload>> backups = new TreeMap<>();
            for (UnfinishedUpload upload : session.store().unfinishedUploads(prefix)) {
                String id = idOf(prefix, upload.key());
                if (id != null) {
                    backups.computeIfAbsent(id, i -> new ArrayList<>()).add(upload);
                }
            }
            for (Map.Entry<String, List<UnfinishedUpload>> backup : backups.entrySet()) {
                if (isSilent(backup.getValue())) {
                    giveUp(backup.getKey(), backup.getValue());
                }
            }
        } catch (StorageException e) {
            session.log().info("Unfinished uploads of killed backups, if there are any, stay: " + e.getMessage());
        }
    }

    /** The id of the backup of which a key would be an archive, null for all other keys. */
    private static @Nullable String idOf(String prefix, ObjectKey key) {
        String rest = key.value().substring(prefix.length());
        int slash = rest.indexOf('/');
        return slash > 0
                        && BackupId.isWellFormed(rest.substring(0, slash))
                        && BackupArchive.parse(rest.substring(slash + 1), new ObjectInfo(key, 0, Instant.EPOCH))
                                .isPresent()
                ? rest.substring(0, slash)
                : null;
    }

    /** An archive that is sent already waits for all the others: a backup is at work as long as any of its uploads is. */
    private boolean isSilent(List<UnfinishedUpload> uploads) throws StorageException {
        for (UnfinishedUpload upload : uploads) {
            if (upload.begun().isAfter(silentSince)) {
                return false;
            }
        }
        for (UnfinishedUpload upload : uploads) {
            Optional<Instant> last = session.store().lastSent(upload);
            if (last.isEmpty() || last.get().isAfter(silentSince)) {
                return false;
            }
        }
        return true;
    }

    private void giveUp(String id, List<UnfinishedUpload> uploads) throws StorageException {
        session.log()
                .info("Removing " + uploads.size() + " unfinished uploads of backup " + id
                        + ", which was killed: nothing was sent to them for " + SILENCE.toDays() + " days");
        for (UnfinishedUpload upload : uploads) {
            session.store().giveUp(upload);
        }
    }
}

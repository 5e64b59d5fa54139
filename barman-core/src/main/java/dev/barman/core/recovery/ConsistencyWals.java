// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import dev.barman.core.RecoveryException;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.wal.TimelineId;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentRange;
import dev.barman.wal.catalog.WalEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** The WAL files from a backup's begin to its end, without which no restored cluster becomes consistent. Stateless. */
final class ConsistencyWals {
    private ConsistencyWals() {}

    /**
     * Adds those that are in the archive and have no line in the index.
     *
     * @param timeline the highest timeline that the restore follows
     * @param selected what was chosen from the index
     * @throws RecoveryException when a backup that is complete by its status lacks one
     * @throws IOException when the archive cannot be read
     */
    static List<WalEntry> complete(
            String serverName, BackupInfo backup, TimelineId timeline, List<WalEntry> selected, WalDelivery delivery)
            throws RecoveryException, IOException {
        WalSegmentName begin = backup.beginWal();
        WalSegmentName end = backup.endWal();
        if (begin == null
                || end == null
                || !begin.timeline().equals(end.timeline())
                || begin.timeline().value() > timeline.value()) {
            return selected;
        }
        Set<String> names = new HashSet<>();
        for (WalEntry entry : selected) {
            names.add(entry.name().toUpperCase(Locale.ROOT));
        }
        List<WalEntry> complete = new ArrayList<>(selected);
        int version = backup.version() == null ? 0 : backup.version();
        for (WalSegmentName segment : WalSegmentRange.of(begin, end, version, backup.xlogSegmentSize())) {
            if (names.contains(segment.text())) {
                continue;
            }
            Optional<WalEntry> found = delivery.find(segment);
            if (found.isPresent()) {
                complete.add(found.get());
            } else if (backup.status() == BackupStatus.DONE) {
                throw missing(serverName, backup, segment, delivery);
            }
        }
        return complete;
    }

    private static RecoveryException missing(
            String serverName, BackupInfo backup, WalSegmentName segment, WalDelivery delivery) {
        return new RecoveryException("The WAL file " + segment + ", which backup " + backup.id()
                + " needs to become consistent (it needs all from " + backup.beginWal() + " to " + backup.endWal()
                + "), is missing: it is not in the WAL index of server '" + serverName + "', and there is no file "
                + delivery.locationOf(segment) + ". Nothing has been copied.\nHINT: 'barman check-backup " + serverName
                + " "
                + backup.id() + "' tells whether the archive has the others. Put the file back into the archive when"
                + " there is a copy of it elsewhere and run 'barman rebuild-xlogdb " + serverName
                + "', or restore another backup. '--get-wal' restores without looking into the archive.");
    }
}

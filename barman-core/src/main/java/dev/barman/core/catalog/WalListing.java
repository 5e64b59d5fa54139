// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import dev.barman.wal.WalFileName;
import dev.barman.wal.catalog.XlogDb;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The files of the WAL archive that belong to one backup, up to the end of the next one. */
public final class WalListing {
    private WalListing() {}

    /**
     * The segments that {@link WalStatistics} counts, and the histories met on the way, in the order of the index.
     *
     * @param next the next completely copied backup, null when there is none
     * @param serverName for the message about a damaged index
     * @return empty for a backup whose begin is not known
     * @throws InvalidWalNameException when a name met on the way is no WAL file's
     * @throws IOException when the index cannot be read or a line in it is damaged
     */
    public static List<WalFileName> of(XlogDb index, BackupInfo backup, @Nullable BackupInfo next, String serverName)
            throws InvalidWalNameException, IOException {
        List<WalFileName> names = new ArrayList<>();
        if (backup.beginWal() == null) {
            return names;
        }
        String begin = backup.beginWal().text();
        long timeline = backup.beginWal().timeline().value();
        String limit =
                next == null || next.endWal() == null ? null : next.endWal().text();
        String[] invalid = new String[1];
        index.scan(line -> {
            if (line.isHistory()) {
                names.add(WalFileName.parse(line.name()));
            } else if (line.isPlainSegment()) {
                if (line.compareName(begin) < 0 || line.timeline() > timeline) {
                    return true;
                }
                if (limit != null && line.compareName(limit) > 0) {
                    return false;
                }
                names.add(WalFileName.parse(line.name()));
            } else if (!line.isWalFileName()) {
                invalid[0] = line.name();
                return false;
            }
            return true;
        });
        if (invalid[0] != null) {
            throw new InvalidWalNameException(invalid[0], serverName);
        }
        return names;
    }
}

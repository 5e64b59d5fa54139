// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal;

import java.util.Collection;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The test whether a WAL archive can take the WAL of a new cluster: it must be empty, or hold nothing of the new cluster's
 * timeline or a later one. Texts are Barman's.
 */
public final class NewClusterArchiveCheck {
    private NewClusterArchiveCheck() {}

    /**
     * Looks at the names of the files in an archive.
     *
     * @param names bare names of all files, in any order
     * @param timeline the timeline of the new cluster as given by the user; null demands an empty archive
     * @return the reason why the archive is not safe, or empty when it is
     */
    public static Optional<String> problem(Collection<String> names, @Nullable String timeline) {
        if (timeline == null) {
            return names.isEmpty() ? Optional.empty() : Optional.of("Expected empty archive");
        }
        long first;
        try {
            first = Long.parseLong(timeline.strip());
        } catch (NumberFormatException e) {
            first = 0;
        }
        if (first < 1) {
            return Optional.of("Cannot check WAL archive with malformed timeline " + timeline);
        }
        int found = 0;
        for (String name : names) {
            Optional<WalFileName> wal = WalFileName.tryParse(name);
            if (wal.isEmpty()) {
                return Optional.of("Unexpected file " + name + " found in WAL archive");
            }
            if (wal.get().timeline().value() >= first) {
                found++;
            }
        }
        return found == 0
                ? Optional.empty()
                : Optional.of("Found " + found + (found == 1 ? " file" : " files")
                        + " in WAL archive equal to or newer than timeline " + timeline);
    }
}

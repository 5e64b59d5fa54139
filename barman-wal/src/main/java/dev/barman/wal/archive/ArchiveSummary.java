// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.archive;

/**
 * What one pass did. Immutable.
 *
 * @param archived WALs that are new in the archive
 * @param duplicates WALs that were there already and whose source was removed
 * @param setAside files that were moved to the quarantine: conflicts, foreign segments and unknown entries
 * @param left segments left in the source because they are incomplete
 * @param stopped whether a listener ended the pass early
 */
public record ArchiveSummary(int archived, int duplicates, int setAside, int left, boolean stopped) {
    /** A pass that found nothing. */
    public static final ArchiveSummary NOTHING = new ArchiveSummary(0, 0, 0, 0, false);

    /** What this pass and another one did together. */
    public ArchiveSummary plus(ArchiveSummary other) {
        return new ArchiveSummary(
                archived + other.archived,
                duplicates + other.duplicates,
                setAside + other.setAside,
                left + other.left,
                stopped || other.stopped);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.wal.WalFileName;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentRange;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether the archive holds every WAL file a copied backup needs. A pure decision on a record and the files of the archive
 * (not its index); saving the record is the caller's, under the backup's lock.
 */
public final class WalCompletenessCheck {

    private static final int TIMELINE_DIGITS = 8;
    private static final int HASH_DIGITS = 16;

    private final Path wals;

    /** @param wals the directory of the archive */
    public WalCompletenessCheck(Path wals) {
        this.wals = wals;
    }

    /**
     * The record as the check leaves it: {@link BackupStatus#DONE}, {@link BackupStatus#WAITING_FOR_WALS}, or
     * {@link BackupStatus#FAILED} with the error when a file is missing though later ones are there.
     *
     * <p>Judges complete copies only. Barman also turns a backup that is being copied {@code DONE}; here a record in any other
     * state, without begin or end, or with the two on different timelines, comes back as it is. A backup that is {@code DONE} may lose that again.
     */
    public BackupInfo judge(BackupInfo backup) throws IOException {
        WalSegmentName begin = backup.beginWal();
        WalSegmentName end = backup.endWal();
        if (!backup.status().isCopyDone()
                || begin == null
                || end == null
                || !begin.timeline().equals(end.timeline())) {
            return backup;
        }
        WalSegmentName last = lastSegment(begin.timeline().hex());
        if (last == null || last.compareTo(begin) < 0) {
            return backup.toBuilder().status(BackupStatus.WAITING_FOR_WALS).build();
        }
        Integer version = backup.version();
        for (WalSegmentName needed :
                WalSegmentRange.of(begin, end, version == null ? 0 : version, backup.xlogSegmentSize())) {
            if (needed.compareTo(last) > 0) {
                break;
            }
            if (!exists(needed)) {
                return backup.toBuilder()
                        .status(BackupStatus.FAILED)
                        .error("At least one WAL file is missing. The first missing WAL file is " + needed)
                        .build();
            }
        }
        return backup.toBuilder()
                .status(end.compareTo(last) <= 0 ? BackupStatus.DONE : BackupStatus.WAITING_FOR_WALS)
                .build();
    }

    /** Whether the archive holds a segment. */
    public boolean exists(WalSegmentName segment) {
        return Files.exists(wals.resolve(segment.archivePath()));
    }

    /** The greatest complete segment of a timeline in the archive; null if there is none. */
    private @Nullable WalSegmentName lastSegment(String timeline) throws IOException {
        List<String> directories = new ArrayList<>();
        for (String name : names(wals)) {
            if (name.length() == HASH_DIGITS && name.regionMatches(true, 0, timeline, 0, TIMELINE_DIGITS)) {
                directories.add(name);
            }
        }
        directories.sort(Comparator.reverseOrder());
        for (String directory : directories) {
            WalSegmentName last = null;
            for (String name : names(wals.resolve(directory))) {
                if (WalFileName.isSegment(name)) {
                    WalSegmentName segment = WalSegmentName.parse(name);
                    if (last == null || segment.compareTo(last) > 0) {
                        last = segment;
                    }
                }
            }
            if (last != null) {
                return last;
            }
        }
        return null;
    }

    private static List<String> names(Path directory) throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                names.add(String.valueOf(entry.getFileName()));
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return names;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.wal.TimelineId;
import dev.barman.wal.WalFileName;
import dev.barman.wal.WalSegmentName;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** The segments of an archive in a directory. Immutable; every call looks at the disk. */
final class SegmentFiles implements ArchivedSegments {
    private static final int HASH_LENGTH = 16;

    private final Path wals;

    SegmentFiles(Path wals) {
        this.wals = wals;
    }

    @Override
    public boolean contains(WalSegmentName segment) {
        return Files.exists(wals.resolve(segment.archivePath()));
    }

    @Override
    public Optional<WalSegmentName> highest(TimelineId timeline) throws IOException {
        List<String> directories = new ArrayList<>();
        for (String name : names(wals)) {
            if (name.length() == HASH_LENGTH && name.startsWith(timeline.hex())) {
                directories.add(name);
            }
        }
        directories.sort(Collections.reverseOrder());
        for (String directory : directories) {
            String highest = "";
            for (String name : names(wals.resolve(directory))) {
                if (WalFileName.isSegment(name) && name.compareTo(highest) > 0) {
                    highest = name;
                }
            }
            if (!highest.isEmpty()) {
                return Optional.of(WalSegmentName.parse(highest));
            }
        }
        return Optional.empty();
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

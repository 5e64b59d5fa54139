// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.archive;

import dev.barman.wal.WalPageHeader;
import dev.barman.wal.WalSegmentCheck;
import dev.barman.wal.WalSegmentName;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The segment that PostgreSQL asks an archive command for, before anything is recorded about it. */
public final class RequestedSegment {
    private RequestedSegment() {}

    /**
     * Looks at the file.
     *
     * @param file where it is
     * @param name the segment that it should be
     * @param warnings is told why nothing can be recorded
     * @return the segment, if something may be recorded about it; null when the file cannot be judged: a release with unknown headers,
     *     no data directory to compare with
     * @throws UnfitSegmentException when it is no segment of that name, or one of another cluster
     * @throws IOException when the file cannot be read
     */
    public static @Nullable ReadySegment look(Path file, WalSegmentName name, Consumer<String> warnings)
            throws UnfitSegmentException, IOException {
        ReadySegment segment = ReadySegment.look(file, name);
        if (segment == null) {
            requireComplete(file, name);
            return null;
        }
        OptionalLong expected = ReadySegment.expectedSystemIdentifier(file);
        if (expected.isEmpty()) {
            warnings.accept(
                    "There is no global/pg_control to tell whose WAL this is: only the requested file is sent.");
            return null;
        }
        if (expected.getAsLong() != segment.systemIdentifier()) {
            throw new UnfitSegmentException("'" + file + "' is WAL of another cluster: its system identifier is "
                    + Long.toUnsignedString(segment.systemIdentifier()) + ", that of the data directory "
                    + Long.toUnsignedString(expected.getAsLong()));
        }
        return segment;
    }

    /**
     * Makes sure that a file can be the whole segment of a name.
     *
     * @throws UnfitSegmentException when it cannot
     * @throws IOException when it cannot be read
     */
    public static void requireComplete(Path file, WalSegmentName name) throws UnfitSegmentException, IOException {
        byte[] head;
        try (InputStream in = Files.newInputStream(file)) {
            head = in.readNBytes(WalPageHeader.LENGTH);
        }
        String problem = WalSegmentCheck.problem(name, head, Files.size(file));
        if (problem != null) {
            throw new UnfitSegmentException("'" + file + "' is not a complete WAL segment: " + problem);
        }
    }
}

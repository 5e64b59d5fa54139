// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.archive;

import dev.barman.wal.ControlFile;
import dev.barman.wal.WalPageHeader;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A complete segment in PostgreSQL's WAL directory, as it was when it was looked at: its header fits its name, and the header's
 * segment size is its length. Immutable.
 *
 * @param name its name, upper case
 * @param file where it is
 * @param stamp by what it is known again
 * @param size the segment size
 * @param systemIdentifier the cluster that its header names
 */
public record ReadySegment(
        WalSegmentName name, Path file, FileStamp stamp, WalSegmentSize size, long systemIdentifier) {
    /**
     * Looks at a file.
     *
     * @return null when this is not the whole segment of that name, or its header is of a release that is not known
     * @throws IOException when the file cannot be read
     */
    public static @Nullable ReadySegment look(Path file, WalSegmentName name) throws IOException {
        FileStamp stamp = FileStamp.of(file);
        return of(file, name, stamp, WalPageHeader.read(file).orElse(null));
    }

    private static @Nullable ReadySegment of(
            Path file, WalSegmentName name, FileStamp stamp, @Nullable WalPageHeader header) {
        if (header == null
                || header.segmentSizeBytes() != stamp.sizeBytes()
                || !header.belongsTo(name)
                || !name.canonical().equals(name)) {
            return null;
        }
        return new ReadySegment(name, file, stamp, header.segmentSize(), header.systemIdentifier());
    }

    /**
     * Whether the file is still what it was, with the content that was read from it meanwhile. A name can come to mean another file
     * while one reads: PostgreSQL recycles segments by renaming them, and then writes into the very inode that one has open.
     *
     * @param head the first bytes that were read, at least {@link WalPageHeader#LENGTH}
     * @throws IOException when the file cannot be looked at any more
     */
    public boolean isStill(byte[] head) throws IOException {
        ReadySegment now = of(
                file,
                name,
                FileStamp.of(file),
                WalPageHeader.parse(ByteBuffer.wrap(head)).orElse(null));
        return now != null && stamp.equals(now.stamp) && systemIdentifier == now.systemIdentifier;
    }

    /**
     * The identifier of the cluster that is to be expected in the WAL at this path: that of the data directory whose {@code pg_wal} the
     * file is in, else that of the working directory, where PostgreSQL runs its archive command.
     */
    public static OptionalLong expectedSystemIdentifier(Path wal) {
        Path directory = wal.toAbsolutePath().getParent();
        Path name = directory == null ? null : directory.getFileName();
        Path above = directory == null ? null : directory.getParent();
        if (above != null && name != null && name.toString().equals("pg_wal")) {
            OptionalLong identifier = ControlFile.systemIdentifier(above);
            if (identifier.isPresent()) {
                return identifier;
            }
        }
        return ControlFile.systemIdentifier(Path.of(""));
    }
}

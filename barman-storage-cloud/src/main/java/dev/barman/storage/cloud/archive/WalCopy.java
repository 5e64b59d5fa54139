// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import dev.barman.object.ObjectContent;
import dev.barman.wal.WalFileName;
import dev.barman.wal.WalPageHeader;
import dev.barman.wal.WalSegmentCheck;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.archive.FileStamp;
import dev.barman.wal.archive.UnfitSegmentException;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A copy of a WAL file as it is to be stored, in memory or in a temporary file without a name, complete and checked before the first byte
 * of it is sent.
 *
 * <p>What is sent must not be read from the file itself: PostgreSQL recycles a segment by renaming it, and then writes into the very
 * inode that one has open. A command that outlived its server would store that under the old name. Not thread-safe.
 */
final class WalCopy implements Closeable {
    /** Larger files are not held in memory. */
    static final int MAX_IN_MEMORY = 64 << 20;

    private final ObjectContent content;
    private final @Nullable UnlinkedFile file;
    /** The first bytes of the source. */
    private final byte[] head;

    private WalCopy(ObjectContent content, @Nullable UnlinkedFile file, byte[] head) {
        this.content = content;
        this.file = file;
        this.head = head;
    }

    /**
     * Copies a file.
     *
     * @param source the file
     * @param name what it should be
     * @param stamp what the path led to when the file was chosen
     * @param compression how to compress the copy, null for not at all
     * @throws UnfitSegmentException when the content is not that of the segment
     * @throws IOException when the file cannot be read, or is not the same any more
     */
    static WalCopy of(Path source, WalFileName name, FileStamp stamp, @Nullable CompressionSettings compression)
            throws UnfitSegmentException, IOException {
        WalCopy copy = unchecked(source, stamp, compression);
        String problem = name instanceof WalSegmentName segment
                ? WalSegmentCheck.problem(segment, copy.head, stamp.sizeBytes())
                : null;
        if (problem != null) {
            copy.close();
            throw new UnfitSegmentException("'" + source + "' is not a complete WAL segment: " + problem);
        }
        return copy;
    }

    /** As {@link #of}, whatever the content is. */
    static WalCopy unchecked(Path source, FileStamp stamp, @Nullable CompressionSettings compression)
            throws IOException {
        WalCopy copy;
        try (FileChannel channel = FileChannel.open(source, StandardOpenOption.READ)) {
            copy = copy(source, channel, stamp.sizeBytes(), compression);
        }
        try {
            if (!FileStamp.of(source).equals(stamp)) {
                throw new IOException("'" + source + "' was changed while it was read");
            }
        } catch (IOException e) {
            copy.close();
            throw e;
        }
        return copy;
    }

    private static WalCopy copy(Path source, FileChannel channel, long size, @Nullable CompressionSettings compression)
            throws IOException {
        if (compression != null) {
            try (WalCodec codec = WalCodec.of(compression)) {
                return inFile(UnlinkedFile.create(target -> codec.compress(source, target)), channel);
            }
        }
        if (size > MAX_IN_MEMORY) {
            return inFile(UnlinkedFile.create(target -> transfer(channel, size, target)), channel);
        }
        byte[] memory = new byte[(int) size];
        ByteBuffer buffer = ByteBuffer.wrap(memory);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw shorter(source);
            }
        }
        return new WalCopy(
                ObjectContent.of(memory), null, Arrays.copyOf(memory, Math.min(memory.length, WalPageHeader.LENGTH)));
    }

    private static long transfer(FileChannel source, long size, FileChannel target) throws IOException {
        for (long at = 0; at < size; ) {
            long moved = source.transferTo(at, size - at, target);
            if (moved <= 0) {
                throw new IOException("the file became shorter while it was read");
            }
            at += moved;
        }
        return size;
    }

    private static byte[] head(FileChannel channel) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(WalPageHeader.LENGTH);
        while (head.hasRemaining() && channel.read(head, head.position()) >= 0) {
            // until full or at the end of the file
        }
        byte[] bytes = new byte[head.position()];
        head.get(0, bytes);
        return bytes;
    }

    private static IOException shorter(Path source) {
        return new IOException("'" + source + "' became shorter while it was read");
    }

    private static WalCopy inFile(UnlinkedFile file, FileChannel source) throws IOException {
        try {
            return new WalCopy(file, file, head(source));
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    /** What is to be stored. Valid until {@link #close}. */
    ObjectContent content() {
        return content;
    }

    @Override
    public void close() throws IOException {
        if (file != null) {
            file.close();
        }
    }
}

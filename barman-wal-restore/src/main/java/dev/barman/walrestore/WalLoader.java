// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import dev.barman.file.IoReason;
import dev.barman.tar.PaxTarWriter;
import dev.barman.wal.WalPageHeader;
import dev.barman.wal.archive.FileStamp;
import dev.barman.wal.archive.ReadySegment;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes the content to be sent of WAL files. What it makes is a copy, in memory or in a temporary file without a name, and is complete
 * and checked before the first byte is sent; but for a huge requested segment, which is read where it lies, and checked when it has been
 * sent, before the server can take it for complete.
 *
 * <p>Used by one thread at a time.
 */
final class WalLoader {
    /** Larger files are not held in memory. */
    private static final long MAX_IN_MEMORY = 64L << 20;

    private final @Nullable CompressionSettings compression;
    private byte @Nullable [] spare;

    WalLoader(@Nullable CompressionSettings compression) {
        this.compression = compression;
    }

    /** The requested file, whatever kind of WAL file it is. */
    WalContent requested(String name, Path file) throws IOException, ClientException {
        FileStamp stamp = FileStamp.of(file);
        WalContent content;
        if (compression == null && stamp.sizeBytes() > MAX_IN_MEMORY) {
            content = WalContent.inFile(
                    entry(name, file, stamp.sizeBytes()), FileChannel.open(file, StandardOpenOption.READ));
        } else {
            content = copy(name, file, stamp.sizeBytes());
        }
        requireUnchanged(file, stamp);
        return content;
    }

    /** Refuses a file that has been written to, or replaced, since it had that stamp. */
    static void requireUnchanged(Path file, FileStamp stamp) throws IOException, ClientException {
        if (!FileStamp.of(file).equals(stamp)) {
            throw new ClientException(ArchiveExit.LOCAL_FAILURE, "'" + file + "' was changed while it was read");
        }
    }

    /** A segment behind the requested one; null when it cannot be read as it should. */
    @Nullable
    WalContent following(ReadySegment segment) {
        WalContent content = null;
        try {
            content =
                    copy(segment.name().text(), segment.file(), segment.stamp().sizeBytes());
            byte[] head = content.memory();
            if (segment.isStill(compression == null && head != null ? head : headOf(segment.file()))) {
                return content;
            }
            content.release();
        } catch (IOException | ClientException e) {
            // It will be asked for by name, and what is wrong with it be said then.
        }
        return null;
    }

    private static byte[] headOf(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(WalPageHeader.LENGTH);
        }
    }

    private WalContent copy(String name, Path file, long size) throws IOException, ClientException {
        if (compression != null) {
            return compressed(name, file, compression);
        }
        if (size > MAX_IN_MEMORY) {
            FileChannel channel = temporary();
            try (FileChannel source = FileChannel.open(file, StandardOpenOption.READ)) {
                for (long at = 0; at < size; ) {
                    long moved = source.transferTo(at, size - at, channel);
                    if (moved <= 0) {
                        throw new IOException("became shorter while it was read");
                    }
                    at += moved;
                }
            } catch (IOException e) {
                channel.close();
                throw e;
            }
            return WalContent.inFile(entry(name, file, size), channel);
        }
        byte[] memory = memory((int) size);
        try (FileChannel source = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer buffer = ByteBuffer.wrap(memory, 0, (int) size);
            while (buffer.hasRemaining()) {
                if (source.read(buffer) < 0) {
                    throw new IOException("became shorter while it was read");
                }
            }
        }
        return WalContent.inMemory(entry(name, file, size), memory);
    }

    private synchronized byte[] memory(int size) {
        byte[] memory = spare;
        spare = null;
        return memory != null && memory.length >= size ? memory : new byte[size];
    }

    /** Takes back what content was made in, once it has been sent. */
    synchronized void recycle(WalContent content) throws IOException {
        content.release();
        if (content.memory() != null) {
            spare = content.memory();
        }
    }

    private static WalContent compressed(String name, Path file, CompressionSettings settings)
            throws IOException, ClientException {
        // The tar header in front of the content needs the compressed size.
        FileChannel channel = temporary();
        try (WalCodec codec = WalCodec.of(settings)) {
            return WalContent.inFile(entry(name, file, codec.compress(file, channel)), channel);
        } catch (IOException e) {
            channel.close();
            throw new ClientException(
                    ArchiveExit.LOCAL_FAILURE,
                    "Cannot compress '" + file + "' into '" + temporaryDirectory() + "': " + IoReason.alone(e));
        }
    }

    /** A temporary file that loses its name when it is opened. */
    private static FileChannel temporary() throws IOException {
        Path temporary = Files.createTempFile(temporaryDirectory(), "barman-wal-archive-", ".tmp");
        return FileChannel.open(
                temporary, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
    }

    private static Path temporaryDirectory() {
        String directory = System.getenv("TMPDIR");
        return directory == null || directory.isEmpty() || !new File(directory).isDirectory()
                ? Path.of(System.getProperty("java.io.tmpdir"))
                : Path.of(directory);
    }

    private static PaxTarWriter.Entry entry(String name, Path file, long size) throws IOException {
        Map<String, Object> attributes = Files.readAttributes(file, "unix:mode,uid,gid");
        PosixFileAttributes posix = Files.readAttributes(file, PosixFileAttributes.class, new LinkOption[0]);
        return new PaxTarWriter.Entry(
                name,
                size,
                number(attributes, "mode") & 07777,
                number(attributes, "uid") & 0xFFFFFFFFL,
                number(attributes, "gid") & 0xFFFFFFFFL,
                posix.owner().getName(),
                posix.group().getName(),
                posix.lastModifiedTime().toInstant());
    }

    private static int number(Map<String, Object> attributes, String key) {
        return attributes.get(key) instanceof Integer value ? value : 0;
    }
}

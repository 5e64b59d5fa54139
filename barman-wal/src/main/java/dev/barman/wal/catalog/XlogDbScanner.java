// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.catalog;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.slf4j.LoggerFactory;

/**
 * Passes over lines of an open index in chunks, with memory that does not depend on the size of the file. Not thread-safe.
 *
 * <p>No memory mapping: a rewrite that shrinks the file under a mapping would kill the process.
 */
final class XlogDbScanner {
    private static final int CHUNK = 256 << 10;
    private static final int MAX_LINE = 64 << 10;

    private final Path file;
    private final FileChannel channel;
    private final XlogDbCursor cursor = new XlogDbCursor();

    XlogDbScanner(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /**
     * Visits the lines that begin in {@code [from, to)}; {@code from} is the start of a line. Text without line feed at the end
     * of the file is a line when it is complete; otherwise it was torn by a crash, and passed over.
     *
     * @return false when the visitor ended the scan
     */
    boolean scan(long from, long to, EntryVisitor visitor) throws IOException {
        // One byte more than is ever read, for a line feed that ends the search in the last line.
        byte[] bytes = new byte[(int) Math.min(CHUNK, Math.max(0, to - from) + MAX_LINE) + 1];
        ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, bytes.length - 1);
        long bufferOffset = from;
        long number = 0;
        int start = 0;
        int end = 0;
        while (true) {
            bytes[end] = '\n';
            while (start < end) {
                long offset = bufferOffset + start;
                if (offset >= to) {
                    return true;
                }
                int lineEnd = cursor.parse(bytes, start, end);
                if (lineEnd == end) {
                    break;
                }
                cursor.at(offset, ++number);
                if (!cursor.decode()) {
                    throw damaged(from);
                }
                if (!visitor.visit(cursor)) {
                    return false;
                }
                start = lineEnd + 1;
            }
            System.arraycopy(bytes, start, bytes, 0, end - start);
            bufferOffset += start;
            end -= start;
            start = 0;
            if (bufferOffset + start >= to) {
                return true;
            }
            if (end == bytes.length - 1) {
                throw new XlogDbFormatException(
                        "line of more than " + end + " bytes in " + place(from, number + 1, bufferOffset));
            }
            buffer.limit(bytes.length - 1).position(end);
            if (channel.read(buffer, bufferOffset + end) < 0) {
                return end == 0 || last(bytes, end, bufferOffset, number + 1, visitor);
            }
            end = buffer.position();
        }
    }

    private boolean last(byte[] bytes, int end, long offset, long number, EntryVisitor visitor) throws IOException {
        bytes[end] = '\n';
        cursor.parse(bytes, 0, end);
        cursor.at(offset, number);
        if (cursor.isComplete()) {
            return visitor.visit(cursor);
        }
        LoggerFactory.getLogger(XlogDb.class)
                .warn(
                        "ignoring the incomplete last line of {}, which an interrupted write left: {}",
                        file,
                        XlogDbLine.quoted(cursor.line()));
        return true;
    }

    private XlogDbFormatException damaged(long from) {
        String reason;
        try {
            cursor.entry();
            reason = "cannot parse line: " + XlogDbLine.quoted(cursor.line());
        } catch (XlogDbFormatException e) {
            reason = String.valueOf(e.getMessage());
        }
        return new XlogDbFormatException(reason + " in " + place(from, cursor.lineNumber(), cursor.offset()));
    }

    private String place(long from, long number, long offset) {
        return file + (from == 0 ? ", line " + number : ", byte " + offset)
                + "; to make the index anew run \"barman rebuild-xlogdb " + XlogDb.serverName(file) + "\"";
    }

    /** The start of the first line that begins at or after {@code offset}; the size of the file if there is none. */
    long lineStartFrom(long offset) throws IOException {
        if (offset <= 0) {
            return 0;
        }
        // A line starts at the offset when the byte before it is a line feed.
        long at = offset - 1;
        ByteBuffer buffer = ByteBuffer.allocate(512);
        while (channel.read(buffer.clear(), at) > 0) {
            for (int i = 0; i < buffer.position(); i++) {
                if (buffer.get(i) == '\n') {
                    return at + i + 1;
                }
            }
            at += buffer.position();
        }
        return at;
    }

    /** The name in the line at {@code offset}, which is the start of one; empty if there is no line or its name is overlong. */
    String nameAt(long offset) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(128);
        while (buffer.hasRemaining() && channel.read(buffer, offset + buffer.position()) > 0) {
            // until full or at the end of the file
        }
        int length = 0;
        while (length < buffer.position() && buffer.get(length) > ' ') {
            length++;
        }
        return new String(buffer.array(), 0, length, StandardCharsets.ISO_8859_1);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.stream;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of a stream of WAL files. Whatever the stream brings, a file that did not come to its end never looks as if it
 * had. Not thread-safe; the caller closes the input.
 *
 * <p>It starts with every client, once per WAL file: no lambdas, no regular expressions.
 */
public final class WalStreamReader {
    private static final int BUFFER_BYTES = 64 << 10;

    /** The room from which on the caller's own array is filled without a detour. */
    private static final int DIRECT_BYTES = 16 << 10;

    private final InputStream in;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int position;
    private int limit;
    private @Nullable Content current;
    private @Nullable WalStreamException broken;

    /** @param in what the server writes; best unbuffered. It may be read ahead. */
    public WalStreamReader(InputStream in) {
        this.in = in;
    }

    /**
     * Reads what a server says first; to be called once, before anything else.
     *
     * @return false if it ended without a word, as a server does that knows no streams, or said something else
     */
    public boolean readGreeting() throws IOException {
        String greeting = readLine();
        return greeting != null && greeting.equals(StreamFormat.GREETING);
    }

    /**
     * Reads the next answer. What is unread of the file before is skipped, even if the server gave that up.
     *
     * @throws EOFException if the stream ended well, after a whole answer
     * @throws WalStreamException if what comes is no answer or only a part of one; further calls throw it too
     * @throws IOException if reading fails
     */
    public Answer next() throws IOException {
        if (current != null) {
            current.skipRest();
            current = null;
        }
        if (broken != null) {
            throw broken;
        }
        String line = readLine();
        if (line == null) {
            if (position < limit) {
                throw broken("an answer begins with a line that is too long or cut off");
            }
            throw new EOFException("the server has ended the stream");
        }
        return parse(line);
    }

    private Answer parse(String line) throws WalStreamException {
        int blank = line.indexOf(' ');
        String word = blank < 0 ? line : line.substring(0, blank);
        String rest = blank < 0 ? "" : line.substring(blank + 1);
        if (word.equals(StreamFormat.FAILED)) {
            int end = rest.indexOf(' ');
            String name = end < 0 ? rest : rest.substring(0, end);
            String message = StreamFormat.message(end < 0 ? "" : rest.substring(end + 1));
            return new Answer(Answer.Kind.FAILED, requireName(name, line), message, null);
        }
        String name = requireName(rest, line);
        if (word.equals(StreamFormat.WAL)) {
            return file(Answer.Kind.WAL, name);
        } else if (word.equals(StreamFormat.PARTIAL)) {
            return file(Answer.Kind.PARTIAL, name);
        } else if (word.equals(StreamFormat.ABSENT)) {
            return new Answer(Answer.Kind.ABSENT, name, "", null);
        }
        throw broken("unknown answer: " + StreamFormat.message(line));
    }

    private String requireName(String name, String line) throws WalStreamException {
        if (!name.equals(StreamFormat.name(name))) {
            throw broken("an answer without a usable name: " + StreamFormat.message(line));
        }
        return name;
    }

    private Answer file(Answer.Kind kind, String name) {
        Content content = new Content(name);
        current = content;
        return new Answer(kind, name, "", content);
    }

    /** A line without its end; null if it is too long or the stream ends before the end of the line, which are in the buffer then. */
    private @Nullable String readLine() throws IOException {
        int end = position;
        while (true) {
            while (end < limit && buffer[end] != '\n') {
                end++;
            }
            if (end - position >= StreamFormat.MAX_LINE_BYTES) {
                return null;
            }
            if (end < limit) {
                String line = new String(buffer, position, end - position, StandardCharsets.UTF_8);
                position = end + 1;
                return line;
            }
            end -= position;
            boolean more = fill();
            end += position;
            if (!more) {
                return null;
            }
        }
    }

    /** Adds to what is unread in the buffer, which must not be full of it; false at the end of the stream. */
    private boolean fill() throws IOException {
        if (position > 0) {
            System.arraycopy(buffer, position, buffer, 0, limit - position);
            limit -= position;
            position = 0;
        }
        int length = in.read(buffer, limit, buffer.length - limit);
        if (length < 0) {
            return false;
        }
        limit += length;
        return true;
    }

    private WalStreamException broken(String message) {
        WalStreamException failure = new WalStreamException("The stream of WAL files is damaged: " + message, false);
        broken = failure;
        return failure;
    }

    private WalStreamException cut(String name) {
        WalStreamException failure =
                new WalStreamException("The stream of WAL files ended in the middle of " + name, false);
        broken = failure;
        return failure;
    }

    /** The chunks of one file. */
    private final class Content extends InputStream {
        private final String name;
        /** What is left of the chunk. */
        private int chunkBytes;

        private boolean ended;
        private @Nullable WalStreamException failure;

        Content(String name) {
            this.name = name;
        }

        @Override
        public int read() throws IOException {
            if (!beginRead()) {
                return -1;
            }
            requireBuffered();
            chunkBytes--;
            return buffer[position++] & 0xFF;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, bytes.length);
            if (length == 0) {
                return 0;
            }
            if (!beginRead()) {
                return -1;
            }
            int wanted = Math.min(length, chunkBytes);
            int got;
            if (position == limit && wanted >= DIRECT_BYTES) {
                got = in.read(bytes, offset, wanted);
                if (got < 0) {
                    throw fail(cut(name));
                }
            } else {
                requireBuffered();
                got = Math.min(wanted, limit - position);
                System.arraycopy(buffer, position, bytes, offset, got);
                position += got;
            }
            chunkBytes -= got;
            return got;
        }

        @Override
        public long transferTo(OutputStream out) throws IOException {
            long sum = 0;
            while (beginRead()) {
                requireBuffered();
                int part = Math.min(chunkBytes, limit - position);
                out.write(buffer, position, part);
                position += part;
                chunkBytes -= part;
                sum += part;
            }
            return sum;
        }

        @Override
        public int available() {
            return failure == null && this == current ? Math.min(chunkBytes, limit - position) : 0;
        }

        void skipRest() throws IOException {
            if (failure != null) {
                return;
            }
            try {
                while (beginRead()) {
                    requireBuffered();
                    int part = Math.min(chunkBytes, limit - position);
                    position += part;
                    chunkBytes -= part;
                }
            } catch (WalStreamException e) {
                if (!e.isStreamUsable()) {
                    throw e;
                }
            }
        }

        /** True when a byte of a chunk is to come, false after the last chunk. */
        private boolean beginRead() throws IOException {
            if (this != current) {
                throw new IllegalStateException(name + ": the next answer was asked for already");
            }
            if (failure != null) {
                throw failure;
            }
            if (chunkBytes == 0 && !ended) {
                nextChunk();
            }
            return !ended;
        }

        private void nextChunk() throws IOException {
            while (limit - position < Integer.BYTES) {
                if (!fill()) {
                    throw fail(cut(name));
                }
            }
            int length = 0;
            for (int i = 0; i < Integer.BYTES; i++) {
                length = length << 8 | buffer[position++] & 0xFF;
            }
            if (length == StreamFormat.END) {
                ended = true;
            } else if (length == StreamFormat.ABORT) {
                throw aborted();
            } else if (length < 0 || length > StreamFormat.MAX_CHUNK_BYTES) {
                throw fail(broken("a chunk of " + Integer.toUnsignedString(length) + " bytes in " + name));
            } else {
                chunkBytes = length;
            }
        }

        private WalStreamException aborted() throws IOException {
            // Whatever becomes of the line, the file has failed.
            failure = cut(name);
            String message = readLine();
            if (message == null) {
                return failure;
            }
            broken = null;
            return fail(new WalStreamException(
                    "The server could not go on with " + name + ": " + StreamFormat.message(message), true));
        }

        private void requireBuffered() throws IOException {
            while (position == limit) {
                if (!fill()) {
                    throw fail(cut(name));
                }
            }
        }

        private WalStreamException fail(WalStreamException reason) {
            failure = reason;
            return reason;
        }
    }
}

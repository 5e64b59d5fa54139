// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.stream;

import java.io.IOException;
import java.io.OutputStream;

/**
 * The server's side of a stream of WAL files. Each answer is complete, and flushed, when the method that ends it returns. Not
 * thread-safe; the caller closes the output.
 */
public final class WalStreamWriter {
    /** A chunk of this length, what belongs to it, and the line before it go out in one write. */
    private static final int CHUNK_BYTES = 256 << 10;

    private static final int LENGTH_BYTES = 4;

    private final OutputStream out;
    private final byte[] buffer = new byte[StreamFormat.MAX_LINE_BYTES + CHUNK_BYTES + 2 * LENGTH_BYTES];

    /** How much of the buffer waits to be written; the length of the open chunk is not filled in. */
    private int filled;

    /** Where the data of the open chunk begins, after its length; -1 when no file is open. */
    private int chunkStart = -1;

    /** @param out where to; best unbuffered, since what is written to it comes in large pieces */
    public WalStreamWriter(OutputStream out) {
        this.out = out;
    }

    /** Says what this stream is; to be called once, before anything else. */
    public void greet() throws IOException {
        line(StreamFormat.GREETING);
    }

    /**
     * Begins an answer with a file, which {@link #end} or {@link #abort} must finish.
     *
     * @param name what was asked for
     * @param partial whether it is the partial file of that name
     */
    public void begin(String name, boolean partial) {
        requireNoFile();
        put((partial ? StreamFormat.PARTIAL : StreamFormat.WAL) + " " + StreamFormat.name(name));
        openChunk();
    }

    /** Adds to the file that was begun. */
    public void write(byte[] bytes, int offset, int length) throws IOException {
        requireFile();
        int from = offset;
        int left = length;
        while (left > 0) {
            int room = chunkStart + CHUNK_BYTES - filled;
            int part = Math.min(left, room);
            System.arraycopy(bytes, from, buffer, filled, part);
            filled += part;
            from += part;
            left -= part;
            if (part == room) {
                closeChunk();
                drain();
                openChunk();
            }
        }
    }

    /** Ends the file that was begun: it is complete. */
    public void end() throws IOException {
        endFile(StreamFormat.END);
        flush();
    }

    /**
     * Gives up the file that was begun.
     *
     * @param message why, for the client's user; it is made one line
     */
    public void abort(String message) throws IOException {
        endFile(StreamFormat.ABORT);
        // The message must not depend on how full the buffer is.
        drain();
        line(StreamFormat.message(message));
    }

    /** Answers that there is no such file. */
    public void absent(String name) throws IOException {
        requireNoFile();
        line(StreamFormat.ABSENT + " " + StreamFormat.name(name));
    }

    /**
     * Answers that the request could not be met.
     *
     * @param name what was asked for; characters that names of WAL files do not have are replaced
     * @param message why, for the client's user; it is made one line
     */
    public void failed(String name, String message) throws IOException {
        requireNoFile();
        line(StreamFormat.FAILED + " " + StreamFormat.name(name) + " " + StreamFormat.message(message));
    }

    /** Whether a file was begun that is not ended. */
    public boolean isFileOpen() {
        return chunkStart >= 0;
    }

    private void line(String text) throws IOException {
        put(text);
        flush();
    }

    private void put(String line) {
        byte[] bytes = StreamFormat.bytes(line + "\n");
        System.arraycopy(bytes, 0, buffer, filled, bytes.length);
        filled += bytes.length;
    }

    private void openChunk() {
        filled += LENGTH_BYTES;
        chunkStart = filled;
    }

    /** Fills in the length; an empty chunk is taken back, since its length would mean the end. */
    private void closeChunk() {
        int length = filled - chunkStart;
        filled = chunkStart - LENGTH_BYTES;
        chunkStart = -1;
        if (length > 0) {
            putLength(length);
            filled += length;
        }
    }

    private void putLength(int length) {
        buffer[filled++] = (byte) (length >> 24);
        buffer[filled++] = (byte) (length >> 16);
        buffer[filled++] = (byte) (length >> 8);
        buffer[filled++] = (byte) length;
    }

    private void endFile(int mark) {
        requireFile();
        closeChunk();
        putLength(mark);
    }

    private void drain() throws IOException {
        int length = filled;
        filled = 0;
        out.write(buffer, 0, length);
    }

    private void flush() throws IOException {
        drain();
        out.flush();
    }

    private void requireNoFile() {
        if (isFileOpen()) {
            throw new IllegalStateException("the file before is not ended");
        }
    }

    private void requireFile() {
        if (!isFileOpen()) {
            throw new IllegalStateException("no file was begun");
        }
    }
}

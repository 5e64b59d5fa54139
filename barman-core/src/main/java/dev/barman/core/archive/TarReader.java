// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a plain tar stream (ustar, PAX extended headers, GNU long names) member by member. Small on purpose: {@code put-wal} runs once
 * per WAL file, and its start is most of its time. Not thread-safe.
 */
final class TarReader {
    /** The type byte of a regular file. */
    static final char REGULAR = '0';

    private static final int BLOCK = 512;
    private static final int MAX_EXTENSION = 1 << 20;
    private static final char OLD_REGULAR = '\0';
    private static final char CONTIGUOUS = '7';
    private static final char PAX_HEADER = 'x';
    private static final char PAX_GLOBAL_HEADER = 'g';
    private static final char GNU_LONG_NAME = 'L';
    private static final char GNU_LONG_LINK = 'K';

    private final InputStream in;
    private final byte[] header = new byte[BLOCK];
    private long remaining;
    private int padding;
    private boolean anything;

    /** The stream is read through to its end by {@link #next}, and not closed. */
    TarReader(InputStream in) {
        this.in = in;
    }

    /**
     * One member.
     *
     * @param type {@link #REGULAR} for all that are regular files
     */
    record Member(String name, char type, long sizeBytes, Instant modified) {}

    /** The stream is no tar archive, or is cut off; the message is Barman's where it has one. */
    static final class TarFormatException extends IOException {
        private static final long serialVersionUID = 1L;

        TarFormatException(String message) {
            super(message);
        }
    }

    /**
     * Goes to the next member, past what is left of the current one.
     *
     * @return null at the end, with everything that follows it read
     * @throws TarFormatException when what comes is no tar header, or the stream ends within a member
     */
    @Nullable
    Member next() throws IOException {
        Map<String, String> extensions = new HashMap<>();
        while (true) {
            skipRest();
            if (!readHeader()) {
                while (in.read(header, 0, BLOCK) >= 0) {
                    // what follows the end, so that the sender is not cut off
                }
                return null;
            }
            char type = (char) (header[156] & 0xFF);
            long size = number(124, 12);
            begin(size);
            switch (type) {
                case PAX_HEADER -> parsePax(extension(size), extensions);
                case PAX_GLOBAL_HEADER, GNU_LONG_LINK -> extension(size);
                case GNU_LONG_NAME -> extensions.put("path", text(extension(size), 0, (int) size));
                default -> {
                    return member(type, size, extensions);
                }
            }
        }
    }

    private Member member(char type, long headerSize, Map<String, String> extensions) throws TarFormatException {
        String name = extensions.getOrDefault("path", nameInHeader());
        String sizeText = extensions.get("size");
        if (sizeText != null) {
            begin(size(sizeText));
        }
        String mtime = extensions.get("mtime");
        Instant modified = mtime == null ? instant(Long.toString(number(136, 12))) : instant(mtime);
        boolean regular = type == REGULAR || type == OLD_REGULAR || type == CONTIGUOUS;
        // An old writer marks a directory by its name alone.
        if (regular && name.endsWith("/")) {
            return new Member(name, '5', headerSize, modified);
        }
        return new Member(name, regular ? REGULAR : type, remaining, modified);
    }

    /**
     * Reads content of the current member.
     *
     * @return -1 at its end
     * @throws TarFormatException when the stream ends before the member does
     */
    int read(byte[] buffer) throws IOException {
        if (remaining == 0) {
            return -1;
        }
        int length = in.read(buffer, 0, (int) Math.min(buffer.length, remaining));
        if (length < 0) {
            throw new TarFormatException("unexpected end of data");
        }
        remaining -= length;
        return length;
    }

    private void begin(long size) throws TarFormatException {
        if (size < 0) {
            throw new TarFormatException("invalid header");
        }
        remaining = size;
        padding = (int) (-size & (BLOCK - 1));
    }

    private void skipRest() throws IOException {
        // Read, not skipped: standard input skips by seeking, and a pipe cannot seek.
        byte[] unwanted = new byte[BLOCK];
        for (long left = remaining + padding; left > 0; ) {
            int length = in.read(unwanted, 0, (int) Math.min(unwanted.length, left));
            if (length < 0) {
                throw new TarFormatException("unexpected end of data");
            }
            left -= length;
        }
        remaining = 0;
        padding = 0;
    }

    /** Returns false at the end: a block of zeros, or the end of the stream after at least one member. */
    private boolean readHeader() throws IOException {
        int length = in.readNBytes(header, 0, BLOCK);
        if (length == 0 && !anything) {
            throw new TarFormatException("empty file");
        }
        if (length == 0) {
            return false;
        }
        if (length < BLOCK) {
            throw new TarFormatException("truncated header");
        }
        anything = true;
        long sum = 0;
        boolean zero = true;
        for (int i = 0; i < BLOCK; i++) {
            int value = header[i] & 0xFF;
            zero &= value == 0;
            sum += i >= 148 && i < 156 ? ' ' : value;
        }
        if (zero) {
            return false;
        }
        if (sum != number(148, 8)) {
            throw new TarFormatException("bad checksum");
        }
        return true;
    }

    private String nameInHeader() {
        String name = text(header, 0, 100);
        boolean ustar = text(header, 257, 5).equals("ustar");
        // The GNU dialect ends the magic with a blank and uses the prefix field for other things.
        String prefix = ustar && header[262] == 0 ? text(header, 345, 155) : "";
        return prefix.isEmpty() ? name : prefix + "/" + name;
    }

    private byte[] extension(long size) throws IOException {
        if (size > MAX_EXTENSION) {
            throw new TarFormatException("invalid header");
        }
        // Not readNBytes(int), which asks a file stream for its position.
        byte[] content = new byte[(int) size];
        if (in.readNBytes(content, 0, content.length) < size) {
            throw new TarFormatException("unexpected end of data");
        }
        remaining = 0;
        return content;
    }

    /** Records of the form {@code "LENGTH KEY=VALUE\n"}. */
    private static void parsePax(byte[] content, Map<String, String> extensions) throws TarFormatException {
        int at = 0;
        while (at < content.length) {
            int blank = at;
            while (blank < content.length && content[blank] >= '0' && content[blank] <= '9') {
                blank++;
            }
            if (blank == at || blank - at > 9 || blank >= content.length || content[blank] != ' ') {
                throw new TarFormatException("invalid header");
            }
            int length = Integer.parseInt(new String(content, at, blank - at, StandardCharsets.US_ASCII));
            int end = at + length;
            if (length < blank - at + 3 || end > content.length || content[end - 1] != '\n') {
                throw new TarFormatException("invalid header");
            }
            String record = new String(content, blank + 1, end - blank - 2, StandardCharsets.UTF_8);
            int equals = record.indexOf('=');
            if (equals < 0) {
                throw new TarFormatException("invalid header");
            }
            extensions.put(record.substring(0, equals), record.substring(equals + 1));
            at = end;
        }
    }

    private static long size(String text) throws TarFormatException {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new TarFormatException("invalid header");
        }
    }

    private static Instant instant(String seconds) throws TarFormatException {
        try {
            BigDecimal value = new BigDecimal(seconds).setScale(9, RoundingMode.FLOOR);
            BigDecimal whole = value.setScale(0, RoundingMode.FLOOR);
            return Instant.ofEpochSecond(
                    whole.longValueExact(),
                    value.subtract(whole).movePointRight(9).longValueExact());
        } catch (ArithmeticException | NumberFormatException | java.time.DateTimeException e) {
            throw new TarFormatException("invalid header");
        }
    }

    /** Octal text, or, where the first bit is set, a big-endian number. */
    private long number(int offset, int length) throws TarFormatException {
        if ((header[offset] & 0x80) != 0) {
            long value = header[offset] & 0x3F;
            for (int i = 1; i < length; i++) {
                if (value > Long.MAX_VALUE >> 8) {
                    throw new TarFormatException("invalid header");
                }
                value = value << 8 | header[offset + i] & 0xFF;
            }
            return value;
        }
        String text = text(header, offset, length).strip();
        try {
            return text.isEmpty() ? 0 : Long.parseLong(text, 8);
        } catch (NumberFormatException e) {
            throw new TarFormatException("invalid header");
        }
    }

    private static String text(byte[] bytes, int offset, int length) {
        int end = offset;
        while (end < offset + length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, offset, end - offset, StandardCharsets.UTF_8);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.catalog;

import dev.barman.wal.WalFileName;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One line of the WAL index as a scan passes over it: a window on the scanner's buffer. Nothing is decoded before it is asked
 * for, and most questions are answered without allocating. Valid only inside {@link EntryVisitor#visit}; use {@link #entry()} to
 * keep something. Not thread-safe.
 */
public final class XlogDbCursor implements CharSequence {
    private static final int SEGMENT_LENGTH = 24;
    private static final int FIELDS = 5;
    private static final int MIN_FIELDS = 3;
    private static final int MAX_SIZE_DIGITS = 18;
    private static final byte[] NO_BYTES = {};

    /** The value of a hexadecimal digit by its character, -1 for any other. */
    private static final byte[] DIGITS = digits();

    private byte[] buffer = NO_BYTES;
    private int lineStart;
    private int lineEnd;
    private int fields;
    private int nameStart;
    private int nameEnd;
    private int sizeStart;
    private int sizeEnd;
    private int timeStart;
    private int timeEnd;
    private int compressionStart;
    private int compressionEnd;
    private int encryptionStart;
    private int encryptionEnd;
    private boolean plainSegment;
    private boolean sizeKnown;
    private long sizeBytes;
    private long offset;
    private long lineNumber;
    private String lastCompression = XlogDbLine.NONE;

    XlogDbCursor() {}

    /** The byte offset in the file of the line's first byte. */
    public long offset() {
        return offset;
    }

    /** The number of the line, 1 for the one at which the scan started. */
    public long lineNumber() {
        return lineNumber;
    }

    /** The name. Allocates; for comparisons prefer the other methods. */
    public String name() {
        return text(nameStart, nameEnd);
    }

    /** The length of the name: with {@link #charAt} the cursor is the name's characters. */
    @Override
    public int length() {
        return nameEnd - nameStart;
    }

    /** A character of the name. */
    @Override
    public char charAt(int index) {
        return (char) buffer[nameStart + index];
    }

    /** A part of the name, as a copy. */
    @Override
    public CharSequence subSequence(int start, int end) {
        return text(nameStart + start, nameStart + end);
    }

    /** Compares the name with another, in the order of the index (that of strings). Allocates nothing. */
    public int compareName(String other) {
        int common = Math.min(length(), other.length());
        for (int i = 0; i < common; i++) {
            int difference = buffer[nameStart + i] - other.charAt(i);
            if (difference != 0) {
                return difference;
            }
        }
        return length() - other.length();
    }

    /**
     * As {@link #compareName(String)}, for many comparisons with the same name.
     *
     * @param other the ASCII bytes of a name
     */
    public int compareName(byte[] other) {
        return Arrays.compare(buffer, nameStart, nameEnd, other, 0, other.length);
    }

    /** Whether the name is that of a whole segment. Allocates nothing. */
    public boolean isPlainSegment() {
        return plainSegment;
    }

    /** Whether the name is that of a timeline history. Allocates nothing. */
    public boolean isHistory() {
        return nameEnd - nameStart != SEGMENT_LENGTH && WalFileName.isHistory(this);
    }

    /** Whether the name is any WAL file name. Allocates nothing. */
    public boolean isWalFileName() {
        return isPlainSegment() || (nameEnd - nameStart != SEGMENT_LENGTH && WalFileName.isWalFileName(this));
    }

    /** The timeline in the name, 0 to 0xFFFFFFFF, or -1 when the name does not begin with eight hexadecimal digits. */
    public long timeline() {
        if (nameEnd - nameStart < 8) {
            return -1;
        }
        long value = 0;
        for (int i = nameStart; i < nameStart + 8; i++) {
            int digit = DIGITS[buffer[i] & 0xFF];
            if (digit < 0) {
                return -1;
            }
            value = value << 4 | digit;
        }
        return value;
    }

    /** The size as stored, in bytes. */
    public long sizeBytes() {
        return sizeBytes;
    }

    /**
     * The modification time of the original file, seconds since 1970 UTC.
     *
     * @throws XlogDbFormatException when it is not a number
     */
    public double time() throws XlogDbFormatException {
        return XlogDbLine.time(text(timeStart, timeEnd));
    }

    /** The name of the compression algorithm, null for none. The same string object while the value stays the same. */
    public @Nullable String compression() {
        if (fields < 4) {
            return null;
        }
        if (!matches(compressionStart, compressionEnd, lastCompression)) {
            lastCompression = text(compressionStart, compressionEnd);
        }
        return XlogDbLine.orNull(lastCompression);
    }

    /** {@code gpg}, or null when the file is not encrypted. */
    public @Nullable String encryption() {
        if (fields < FIELDS || matches(encryptionStart, encryptionEnd, XlogDbLine.NONE)) {
            return null;
        }
        return text(encryptionStart, encryptionEnd);
    }

    /**
     * The whole line, decoded.
     *
     * @throws XlogDbFormatException when the time is not a number, or the line is otherwise impossible
     */
    public WalEntry entry() throws XlogDbFormatException {
        return XlogDbLine.parse(line());
    }

    /** The text of the line, without line feed. */
    String line() {
        return text(lineStart, lineEnd);
    }

    /** Writes the line in the current format, as it is where it already has it. */
    void writeTo(OutputStream out) throws IOException {
        if (isCurrentFormat()) {
            out.write(buffer, lineStart, lineEnd - lineStart);
        } else {
            out.write(XlogDbLine.format(entry()).getBytes(StandardCharsets.US_ASCII));
        }
        out.write('\n');
    }

    private boolean isCurrentFormat() {
        if (fields != FIELDS
                || nameStart != lineStart
                || sizeStart != nameEnd + 1
                || timeStart != sizeEnd + 1
                || compressionStart != timeEnd + 1
                || encryptionStart != compressionEnd + 1
                || lineEnd != encryptionEnd
                || buffer[nameEnd] != '\t'
                || buffer[sizeEnd] != '\t'
                || buffer[timeEnd] != '\t'
                || buffer[compressionEnd] != '\t'
                || (buffer[sizeStart] == '0' && sizeEnd > sizeStart + 1)) {
            return false;
        }
        int dots = 0;
        for (int i = timeStart; i < timeEnd; i++) {
            if (buffer[i] == '.') {
                dots++;
            } else if (buffer[i] < '0' || buffer[i] > '9') {
                return false;
            }
        }
        return dots == 1 && buffer[timeStart] != '.' && buffer[timeEnd - 1] != '.';
    }

    /**
     * Looks at the line that begins at {@code from}.
     *
     * @param bytes a buffer with a line feed at {@code limit}, beyond the data
     * @return the index of the line feed that ends the line, {@code limit} if it has none
     */
    int parse(byte[] bytes, int from, int limit) {
        buffer = bytes;
        lineStart = from;
        if (limit - from > SEGMENT_LENGTH && bytes[from + SEGMENT_LENGTH] == '\t' && areHex(bytes, from)) {
            int end = parseSegment(bytes, from);
            if (end >= 0) {
                return end;
            }
        }
        return parseAny(bytes, from);
    }

    private static boolean areHex(byte[] bytes, int from) {
        byte[] digits = DIGITS;
        int all = 0;
        for (int i = from; i < from + SEGMENT_LENGTH; i++) {
            all |= digits[bytes[i] & 0xFF];
        }
        return all >= 0;
    }

    /** The common line: a segment, five fields, one tab between them. Returns -1, without effect, for any other. */
    private int parseSegment(byte[] bytes, int from) {
        int at = from + SEGMENT_LENGTH + 1;
        int startOfSize = at;
        long size = 0;
        int digit;
        while ((digit = bytes[at] - '0') >= 0 && digit <= 9) {
            size = size * 10 + digit;
            at++;
        }
        int endOfSize = at;
        if (bytes[at] != '\t' || endOfSize == startOfSize || endOfSize - startOfSize > MAX_SIZE_DIGITS) {
            return -1;
        }
        int endOfTime = endOfToken(bytes, endOfSize + 1);
        if (bytes[endOfTime] != '\t' || endOfTime == endOfSize + 1) {
            return -1;
        }
        int endOfCompression = endOfToken(bytes, endOfTime + 1);
        if (bytes[endOfCompression] != '\t' || endOfCompression == endOfTime + 1) {
            return -1;
        }
        int end = endOfToken(bytes, endOfCompression + 1);
        if (bytes[end] != '\n' || end == endOfCompression + 1) {
            return -1;
        }
        nameStart = from;
        nameEnd = from + SEGMENT_LENGTH;
        sizeStart = startOfSize;
        sizeEnd = endOfSize;
        timeStart = endOfSize + 1;
        timeEnd = endOfTime;
        compressionStart = endOfTime + 1;
        compressionEnd = endOfCompression;
        encryptionStart = endOfCompression + 1;
        encryptionEnd = end;
        lineEnd = end;
        fields = FIELDS;
        plainSegment = true;
        sizeBytes = size;
        sizeKnown = true;
        return end;
    }

    private static int endOfToken(byte[] bytes, int from) {
        int at = from;
        while (bytes[at] > ' ') {
            at++;
        }
        return at;
    }

    private int parseAny(byte[] bytes, int from) {
        fields = 0;
        sizeKnown = false;
        int at = from;
        while (true) {
            if (bytes[at] > ' ') {
                int start = at;
                at = endOfToken(bytes, at);
                field(start, at);
            }
            byte b = bytes[at];
            if (b == '\n') {
                lineEnd = at;
                plainSegment = fields > 0 && nameEnd - nameStart == SEGMENT_LENGTH && areHex(bytes, nameStart);
                return at;
            }
            if (!isBlank(b)) {
                // no character of any index: whatever else is in the line, it is damaged
                fields = FIELDS + 1;
            }
            at++;
        }
    }

    private void field(int start, int end) {
        switch (fields) {
            case 0 -> {
                nameStart = start;
                nameEnd = end;
            }
            case 1 -> {
                sizeStart = start;
                sizeEnd = end;
            }
            case 2 -> {
                timeStart = start;
                timeEnd = end;
            }
            case 3 -> {
                compressionStart = start;
                compressionEnd = end;
            }
            case 4 -> {
                encryptionStart = start;
                encryptionEnd = end;
            }
            default -> {}
        }
        fields = Math.min(fields, FIELDS) + 1;
    }

    private static boolean isBlank(byte b) {
        return b == ' ' || (b >= '\t' && b <= '\r');
    }

    void at(long fileOffset, long number) {
        offset = fileOffset;
        lineNumber = number;
    }

    /** Decodes what every reader needs; false when the line is damaged. */
    boolean decode() {
        if (sizeKnown) {
            return true;
        }
        if (fields < MIN_FIELDS || fields > FIELDS || sizeEnd - sizeStart > MAX_SIZE_DIGITS) {
            return false;
        }
        long size = 0;
        for (int i = sizeStart; i < sizeEnd; i++) {
            int digit = buffer[i] - '0';
            if (digit < 0 || digit > 9) {
                return false;
            }
            size = size * 10 + digit;
        }
        sizeBytes = size;
        sizeKnown = true;
        return true;
    }

    /**
     * Whether a line without line feed at the end of the file is nevertheless whole: five fields, and the last one cannot be the
     * beginning of a longer one.
     */
    boolean isComplete() {
        if (!decode() || fields != FIELDS) {
            return false;
        }
        try {
            time();
        } catch (XlogDbFormatException e) {
            return false;
        }
        return matches(encryptionStart, encryptionEnd, XlogDbLine.NONE)
                || matches(encryptionStart, encryptionEnd, "gpg");
    }

    private boolean matches(int start, int end, String text) {
        if (end - start != text.length()) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if (buffer[start + i] != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static byte[] digits() {
        byte[] digits = new byte[256];
        for (int c = 0; c < digits.length; c++) {
            digits[c] = (byte) (c < 0x80 ? Character.digit(c, 16) : -1);
        }
        return digits;
    }

    @SuppressWarnings("deprecation") // one byte, one character: the fast constructor for ASCII
    private String text(int start, int end) {
        return new String(buffer, 0, start, end - start);
    }

    /** The name. */
    @Override
    public String toString() {
        return name();
    }
}

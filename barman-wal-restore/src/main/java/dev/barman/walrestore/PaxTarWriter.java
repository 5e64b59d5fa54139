// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Writes regular files as a POSIX (pax) tar stream, in exactly the subset of the form that {@code put-wal} needs: short
 * ASCII names, a fractional modification time in an extended header, the end padded to a full tar record.
 *
 * <p>Not thread-safe. Does not close the stream it writes to.
 */
final class PaxTarWriter {
    private static final int BLOCK = 512;
    private static final int RECORD = 20 * BLOCK;
    private static final int MAX_NAME = 100;
    private static final int MAX_OWNER_NAME = 31;
    private static final long MAX_OCTAL_7 = 07777777L;
    private static final long MAX_OCTAL_11 = 077777777777L;
    private static final int MTIME_OFFSET = 136;
    private static final int CHECKSUM_OFFSET = 148;

    /**
     * Metadata of one entry. Immutable.
     *
     * @param name name, 1 to 100 ASCII characters
     * @param sizeBytes exact number of content bytes that follow
     * @param mode permission bits
     * @param uid owner
     * @param gid group
     * @param owner name of the owner, empty for none
     * @param group name of the group, empty for none
     * @param modified modification time, null for the epoch, which also stands for every earlier time
     */
    record Entry(
            String name,
            long sizeBytes,
            int mode,
            long uid,
            long gid,
            String owner,
            String group,
            @Nullable Instant modified) {
        Entry {
            if (name.isEmpty() || name.length() > MAX_NAME || !isAscii(name)) {
                throw new IllegalArgumentException("unsuitable tar entry name: " + name);
            }
            if (sizeBytes < 0 || sizeBytes > MAX_OCTAL_11) {
                throw new IllegalArgumentException("unsuitable tar entry size: " + sizeBytes);
            }
        }
    }

    private final OutputStream out;
    private long written;
    private long remaining;

    PaxTarWriter(OutputStream out) {
        this.out = out;
    }

    /** Begins an entry; exactly {@code entry.sizeBytes()} bytes must follow through {@link #write}. */
    void begin(Entry entry) throws IOException {
        if (remaining != 0) {
            throw new IllegalStateException(remaining + " bytes missing from the entry before " + entry.name());
        }
        StringBuilder pax = new StringBuilder();
        // PostgreSQL's files are not older than the epoch; a clock that says so means nothing.
        Instant modified =
                entry.modified() == null || entry.modified().getEpochSecond() < 0 ? Instant.EPOCH : entry.modified();
        long seconds = modified.getEpochSecond();
        if (modified.getNano() != 0 || seconds > MAX_OCTAL_11) {
            paxRecord(pax, "mtime", decimal(modified));
        }
        if (entry.uid() > MAX_OCTAL_7) {
            paxRecord(pax, "uid", Long.toString(entry.uid()));
        }
        if (entry.gid() > MAX_OCTAL_7) {
            paxRecord(pax, "gid", Long.toString(entry.gid()));
        }
        if (pax.length() > 0) {
            byte[] records = pax.toString().getBytes(StandardCharsets.US_ASCII);
            header("././@PaxHeader", records.length, 0, 0, 0, "", "", 0, 'x');
            remaining = records.length;
            write(records, 0, records.length);
            end();
        }
        header(
                entry.name(),
                entry.sizeBytes(),
                entry.mode(),
                entry.uid() > MAX_OCTAL_7 ? 0 : entry.uid(),
                entry.gid() > MAX_OCTAL_7 ? 0 : entry.gid(),
                ownerName(entry.owner()),
                ownerName(entry.group()),
                seconds > MAX_OCTAL_11 ? 0 : seconds,
                '0');
        remaining = entry.sizeBytes();
    }

    void write(byte[] bytes, int offset, int length) throws IOException {
        if (length > remaining) {
            throw new IllegalStateException("more bytes than the entry announced");
        }
        out.write(bytes, offset, length);
        written += length;
        remaining -= length;
    }

    /** Ends the entry. */
    void end() throws IOException {
        if (remaining != 0) {
            throw new IllegalStateException(remaining + " bytes missing from the entry");
        }
        pad(BLOCK);
    }

    /** Writes the end of the archive and flushes. */
    void finish() throws IOException {
        out.write(new byte[2 * BLOCK]);
        written += 2 * BLOCK;
        pad(RECORD);
        out.flush();
    }

    private void pad(int unit) throws IOException {
        int excess = (int) (written % unit);
        if (excess != 0) {
            out.write(new byte[unit - excess]);
            written += unit - excess;
        }
    }

    private void header(
            String name,
            long size,
            int mode,
            long uid,
            long gid,
            String owner,
            String group,
            long mtimeSeconds,
            char type)
            throws IOException {
        byte[] block = new byte[BLOCK];
        text(block, 0, name);
        octal(block, 100, 8, mode);
        octal(block, 108, 8, uid);
        octal(block, 116, 8, gid);
        octal(block, 124, 12, size);
        octal(block, MTIME_OFFSET, 12, mtimeSeconds);
        block[156] = (byte) type;
        text(block, 257, "ustar\00000");
        text(block, 265, owner);
        text(block, 297, group);
        int sum = 8 * ' ';
        for (byte b : block) {
            sum += b & 0xFF;
        }
        octal(block, CHECKSUM_OFFSET, 7, sum);
        block[CHECKSUM_OFFSET + 7] = ' ';
        out.write(block);
        written += BLOCK;
    }

    private static void text(byte[] block, int offset, String text) {
        for (int i = 0; i < text.length(); i++) {
            block[offset + i] = (byte) text.charAt(i);
        }
    }

    /** Zero-padded octal digits and a closing NUL, {@code width} bytes in all. */
    private static void octal(byte[] block, int offset, int width, long value) {
        long rest = value;
        for (int i = width - 2; i >= 0; i--) {
            block[offset + i] = (byte) ('0' + (rest & 7));
            rest >>>= 3;
        }
    }

    /** A pax record begins with its own length, the digits of the length included. */
    private static void paxRecord(StringBuilder records, String key, String value) {
        int body = key.length() + value.length() + 3;
        int length = body + Integer.toString(body).length();
        length = body + Integer.toString(length).length();
        records.append(length).append(' ').append(key).append('=').append(value).append('\n');
    }

    private static String decimal(Instant time) {
        int nanos = time.getNano();
        StringBuilder text = new StringBuilder().append(time.getEpochSecond());
        if (nanos != 0) {
            String digits = Long.toString(1_000_000_000L + nanos);
            int end = digits.length();
            while (digits.charAt(end - 1) == '0') {
                end--;
            }
            text.append('.').append(digits, 1, end);
        }
        return text.toString();
    }

    private static String ownerName(String name) {
        return name.length() <= MAX_OWNER_NAME && isAscii(name) ? name : "";
    }

    private static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 0x80 || text.charAt(i) == 0) {
                return false;
            }
        }
        return true;
    }
}

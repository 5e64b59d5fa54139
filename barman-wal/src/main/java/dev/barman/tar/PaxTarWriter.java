// SPDX-License-Identifier: Apache-2.0
package dev.barman.tar;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Writes a POSIX (pax) tar stream of files, directories and symbolic links. What the classic header has no room for goes into an
 * extended one: a fractional modification time, names that are long or not ASCII, large sizes and owners. The end is padded to
 * a full tar record.
 *
 * <p>Not thread-safe. Does not close the stream it writes to.
 */
public final class PaxTarWriter {
    private static final int BLOCK = 512;
    private static final int RECORD = 20 * BLOCK;
    private static final int MAX_NAME = 100;
    private static final int MAX_OWNER_NAME = 31;
    private static final long MAX_OCTAL_7 = 07777777L;
    private static final long MAX_OCTAL_11 = 077777777777L;
    private static final int MTIME_OFFSET = 136;
    private static final int CHECKSUM_OFFSET = 148;
    private static final int LINK_OFFSET = 157;

    /** What an entry is. */
    public enum Kind {
        /** A regular file. */
        FILE('0'),
        /** A symbolic link, without content. */
        LINK('2'),
        /** A directory, without content. */
        DIRECTORY('5');

        private final char type;

        Kind(char type) {
            this.type = type;
        }
    }

    /**
     * Metadata of one entry. Immutable.
     *
     * @param kind what it is
     * @param name its name, not empty; of a directory without a slash at the end
     * @param linkTarget where a link leads; empty for other kinds
     * @param sizeBytes exact number of content bytes that follow, 0 for other kinds than files
     * @param mode permission bits
     * @param uid owner
     * @param gid group
     * @param owner name of the owner, empty for none
     * @param group name of the group, empty for none
     * @param modified modification time, null for the epoch, which also stands for every earlier time
     */
    public record Entry(
            Kind kind,
            String name,
            String linkTarget,
            long sizeBytes,
            int mode,
            long uid,
            long gid,
            String owner,
            String group,
            @Nullable Instant modified) {
        /**
         * @throws IllegalArgumentException when the name is empty or has a NUL, a size is negative, or the fields do not fit the kind
         */
        public Entry {
            if (name.isEmpty() || name.indexOf(0) >= 0 || linkTarget.indexOf(0) >= 0) {
                throw new IllegalArgumentException("unsuitable tar entry name: " + name);
            }
            if (sizeBytes < 0 || (sizeBytes > 0 && kind != Kind.FILE)) {
                throw new IllegalArgumentException("unsuitable tar entry size: " + sizeBytes);
            }
            if (linkTarget.isEmpty() == (kind == Kind.LINK)) {
                throw new IllegalArgumentException("unsuitable link in tar entry " + name + ": " + linkTarget);
            }
        }

        /**
         * A regular file.
         *
         * @param name as above
         * @param sizeBytes as above
         * @param mode as above
         * @param uid as above
         * @param gid as above
         * @param owner as above
         * @param group as above
         * @param modified as above
         */
        public Entry(
                String name,
                long sizeBytes,
                int mode,
                long uid,
                long gid,
                String owner,
                String group,
                @Nullable Instant modified) {
            this(Kind.FILE, name, "", sizeBytes, mode, uid, gid, owner, group, modified);
        }

        /**
         * The same entry with another length.
         *
         * @param bytes exact number of content bytes that follow
         * @return an entry like this one
         */
        public Entry withSize(long bytes) {
            return new Entry(kind, name, linkTarget, bytes, mode, uid, gid, owner, group, modified);
        }
    }

    private final OutputStream out;
    private long written;
    private long remaining;

    /**
     * @param out where the archive goes; not closed
     */
    public PaxTarWriter(OutputStream out) {
        this.out = out;
    }

    /**
     * Begins an entry; exactly {@code entry.sizeBytes()} bytes must follow through {@link #write}.
     *
     * @param entry what it is
     * @throws IOException when the stream cannot be written
     * @throws IllegalStateException when the entry before is not complete
     */
    public void begin(Entry entry) throws IOException {
        if (remaining != 0) {
            throw new IllegalStateException(remaining + " bytes missing from the entry before " + entry.name());
        }
        // PostgreSQL's files are not older than the epoch; a clock that says so means nothing.
        Instant modified =
                entry.modified() == null || entry.modified().getEpochSecond() < 0 ? Instant.EPOCH : entry.modified();
        String name = entry.kind() == Kind.DIRECTORY ? entry.name() + '/' : entry.name();
        byte[] records = extended(entry, name, modified).getBytes(StandardCharsets.UTF_8);
        if (records.length > 0) {
            header("././@PaxHeader", "", records.length, 0, 0, 0, "", "", 0, 'x');
            remaining = records.length;
            write(records, 0, records.length);
            end();
        }
        header(
                name,
                entry.linkTarget(),
                fitting(entry.sizeBytes(), MAX_OCTAL_11),
                entry.mode(),
                fitting(entry.uid(), MAX_OCTAL_7),
                fitting(entry.gid(), MAX_OCTAL_7),
                ownerName(entry.owner()),
                ownerName(entry.group()),
                fitting(modified.getEpochSecond(), MAX_OCTAL_11),
                entry.kind().type);
        remaining = entry.sizeBytes();
    }

    private static String extended(Entry entry, String name, Instant modified) {
        StringBuilder pax = new StringBuilder();
        if (!fits(name)) {
            paxRecord(pax, "path", name);
        }
        if (!fits(entry.linkTarget())) {
            paxRecord(pax, "linkpath", entry.linkTarget());
        }
        if (entry.sizeBytes() > MAX_OCTAL_11) {
            paxRecord(pax, "size", Long.toString(entry.sizeBytes()));
        }
        if (modified.getNano() != 0 || modified.getEpochSecond() > MAX_OCTAL_11) {
            paxRecord(pax, "mtime", decimal(modified));
        }
        if (entry.uid() > MAX_OCTAL_7) {
            paxRecord(pax, "uid", Long.toString(entry.uid()));
        }
        if (entry.gid() > MAX_OCTAL_7) {
            paxRecord(pax, "gid", Long.toString(entry.gid()));
        }
        return pax.toString();
    }

    private static boolean fits(String name) {
        return name.length() <= MAX_NAME && isAscii(name);
    }

    /** A value for the classic header, 0 when the extended one has it. */
    private static long fitting(long value, long maximum) {
        return value > maximum ? 0 : value;
    }

    /**
     * Writes content of the entry.
     *
     * @param bytes a buffer
     * @param offset where the content begins in it
     * @param length its length
     * @throws IOException when the stream cannot be written
     * @throws IllegalStateException when it is more than the entry announced
     */
    public void write(byte[] bytes, int offset, int length) throws IOException {
        if (length > remaining) {
            throw new IllegalStateException("more bytes than the entry announced");
        }
        out.write(bytes, offset, length);
        written += length;
        remaining -= length;
    }

    /**
     * Ends the entry.
     *
     * @throws IOException when the stream cannot be written
     * @throws IllegalStateException when content is missing
     */
    public void end() throws IOException {
        if (remaining != 0) {
            throw new IllegalStateException(remaining + " bytes missing from the entry");
        }
        pad(BLOCK);
    }

    /**
     * Writes the end of the archive and flushes.
     *
     * @throws IOException when the stream cannot be written
     */
    public void finish() throws IOException {
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
            String linkTarget,
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
        text(block, 0, MAX_NAME, name);
        octal(block, 100, 8, mode);
        octal(block, 108, 8, uid);
        octal(block, 116, 8, gid);
        octal(block, 124, 12, size);
        octal(block, MTIME_OFFSET, 12, mtimeSeconds);
        block[156] = (byte) type;
        text(block, LINK_OFFSET, MAX_NAME, linkTarget);
        text(block, 257, 8, "ustar\00000");
        text(block, 265, MAX_OWNER_NAME, owner);
        text(block, 297, MAX_OWNER_NAME, group);
        int sum = 8 * ' ';
        for (byte b : block) {
            sum += b & 0xFF;
        }
        octal(block, CHECKSUM_OFFSET, 7, sum);
        block[CHECKSUM_OFFSET + 7] = ' ';
        out.write(block);
        written += BLOCK;
    }

    /** ASCII, as far as it fits: what does not has an extended header. */
    private static void text(byte[] block, int offset, int width, String text) {
        for (int i = 0; i < Math.min(width, text.length()); i++) {
            block[offset + i] = (byte) (text.charAt(i) < 0x80 ? text.charAt(i) : '?');
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

    /** A pax record begins with its own length, the digits of the length included. The length is in bytes. */
    private static void paxRecord(StringBuilder records, String key, String value) {
        int body = key.length() + value.getBytes(StandardCharsets.UTF_8).length + 3;
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

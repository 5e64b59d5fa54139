// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.catalog;

import dev.barman.file.AtomicFile;
import dev.barman.file.Fsync;
import dev.barman.wal.WalFileName;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * The WAL index of a server, {@code <server>-xlog.db}: one line per archived file, in the order of archiving, usually but not
 * necessarily ascending by name.
 *
 * <p>Nothing here locks: use {@link LockedXlogDb} where other processes may be at work. A missing file is an empty index.
 * Methods that read hold no more than a chunk of the file in memory, except {@link #entries}. Instances are immutable and may be
 * used by several threads, as far as the locking rule allows.
 *
 * <p>An append that is cut short by a crash leaves a last line without line feed. Readers take it for a line if it is complete,
 * else pass over it; the next {@link #append} repairs it, see there.
 */
public final class XlogDb {
    private static final String SUFFIX = "-xlog.db";

    /** How much at the end is looked at first in look-ups, and is checked before an append: thousands of lines. */
    private static final int TAIL = 128 << 10;

    /** Where the binary search leaves the rest to a scan. */
    private static final int SCANNED_REST = 16 << 10;

    private final Path file;

    /** The index in that file, which need not exist. */
    public XlogDb(Path file) {
        this.file = file;
    }

    /** The file. */
    public Path file() {
        return file;
    }

    /** The server's name in an index's file name; the whole name if it has another form. */
    static String serverName(Path file) {
        String name = String.valueOf(file.getFileName());
        return name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name;
    }

    /** Whether the file exists. */
    public boolean exists() {
        return Files.exists(file);
    }

    /**
     * Whether there is no line: the file is empty or missing.
     *
     * @throws IOException when its size cannot be read
     */
    public boolean isEmpty() throws IOException {
        try {
            return Files.size(file) == 0;
        } catch (NoSuchFileException e) {
            return true;
        }
    }

    /**
     * Adds lines for archived files, in the order given, durably: one write and one fsync for all of them, and one of the
     * directory if the file is new. The cost does not depend on the size of the index. If writing fails (disk full), the index
     * is cut back to what it was.
     *
     * <p>A last line that a crash left without line feed is completed if all its fields are there, otherwise removed with a
     * warning: nobody was told that it was written, so the archiver still has its file and comes again. The same holds for lines
     * at the end in which a crash of the machine left zero bytes.
     *
     * @param entries their names are WAL file names; an empty list does nothing
     * @throws IllegalArgumentException when a name is not that of a WAL file
     * @throws IOException when the lines could not be made durable
     */
    public void append(List<WalEntry> entries) throws IOException {
        if (entries.isEmpty()) {
            return;
        }
        StringBuilder lines = new StringBuilder(64 * entries.size());
        for (WalEntry entry : entries) {
            if (!WalFileName.isWalFileName(entry.name())) {
                throw new IllegalArgumentException("not a WAL file name: '" + entry.name() + "'");
            }
            lines.append(XlogDbLine.format(entry)).append('\n');
        }
        boolean created = !exists();
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE)) {
            if (repairTail(channel)) {
                lines.insert(0, '\n');
            }
            long end = channel.size();
            ByteBuffer bytes = StandardCharsets.US_ASCII.encode(lines.toString());
            try {
                while (bytes.hasRemaining()) {
                    channel.write(bytes, end + bytes.position());
                }
                channel.force(true);
            } catch (Throwable failure) {
                try {
                    channel.truncate(end);
                } catch (IOException e) {
                    failure.addSuppressed(e);
                }
                throw failure;
            }
        }
        if (created) {
            Fsync.directory(parent());
        }
    }

    /**
     * Adds lines for those of the files that have none yet: what an archiver does that finds a file stored already, because a
     * crash may have come between storing and indexing. Durable like {@link #append}. Names that are there cost a look-up each;
     * one or many that are not cost one scan.
     *
     * @return the entries that were added
     * @throws IOException when the index cannot be read, or the lines could not be made durable
     */
    public List<WalEntry> appendMissing(List<WalEntry> entries) throws IOException {
        return appendMissing(entries, Set.of());
    }

    /**
     * As {@link #appendMissing(List)}, without the scan for files that only a call at the same time can have indexed: the line that it
     * wrote is at the end, or where ascending order puts it.
     *
     * @param fresh names of files that were stored by the caller, just now
     * @return the entries that were added
     * @throws IOException when the index cannot be read, or the lines could not be made durable
     */
    public List<WalEntry> appendMissing(List<WalEntry> entries, Set<String> fresh) throws IOException {
        Set<String> missing = new HashSet<>();
        Set<String> absent = new HashSet<>();
        if (!entries.isEmpty() && exists()) {
            try (FileChannel channel = open()) {
                Lookup lookup = new Lookup(file, channel);
                for (WalEntry entry : entries) {
                    if (lookup.withoutScan(entry.name()).isEmpty()) {
                        (fresh.contains(entry.name()) ? absent : missing).add(entry.name());
                    }
                }
            }
            if (!missing.isEmpty()) {
                scan(line -> !missing.remove(line.name()) || !missing.isEmpty());
            }
        } else {
            entries.forEach(entry -> missing.add(entry.name()));
        }
        missing.addAll(absent);
        List<WalEntry> added = new ArrayList<>();
        for (WalEntry entry : entries) {
            if (missing.remove(entry.name())) {
                added.add(entry);
            }
        }
        append(added);
        return List.copyOf(added);
    }

    /**
     * Passes over all lines in the order of the file.
     *
     * @throws XlogDbFormatException at a line that cannot be read, unless the visitor ended the scan before it
     * @throws IOException when the file cannot be read, or the visitor throws it
     */
    public void scan(EntryVisitor visitor) throws IOException {
        scanFrom(0, visitor);
    }

    /**
     * Passes over the lines from a position on.
     *
     * @param offset the byte offset of the start of a line, such as {@link XlogDbCursor#offset} told; beyond the end nothing is
     *     visited
     * @throws XlogDbFormatException at a line that cannot be read
     * @throws IOException when the file cannot be read, or the visitor throws it
     */
    public void scanFrom(long offset, EntryVisitor visitor) throws IOException {
        try (FileChannel channel = open()) {
            new XlogDbScanner(file, channel).scan(offset, Long.MAX_VALUE, visitor);
        } catch (NoSuchFileException e) {
            // a missing index is an empty one
        }
    }

    /**
     * All lines. For an index of a million lines that is hundreds of megabytes: prefer {@link #scan}.
     *
     * @throws XlogDbFormatException when a line cannot be read
     * @throws IOException when the file cannot be read
     */
    public List<WalEntry> entries() throws IOException {
        List<WalEntry> entries = new ArrayList<>();
        scan(line -> entries.add(line.entry()));
        return List.copyOf(entries);
    }

    /**
     * The line of a file; one of them if there are several. Found at the end of the index, or by binary search, when lines are
     * ascending around it; only a name that is absent or out of order costs a scan.
     *
     * @throws XlogDbFormatException when a line that had to be looked at cannot be read
     * @throws IOException when the file cannot be read
     */
    public Optional<WalEntry> find(String name) throws IOException {
        try (FileChannel channel = open()) {
            Lookup lookup = new Lookup(file, channel);
            Optional<WalEntry> found = lookup.withoutScan(name);
            return found.isPresent() ? found : lookup.byScan(name);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /**
     * The last line. Reads only the end of the file.
     *
     * @throws XlogDbFormatException when one of the last lines cannot be read
     * @throws IOException when the file cannot be read
     */
    public Optional<WalEntry> last() throws IOException {
        WalEntry[] last = new WalEntry[1];
        scanTail(line -> {
            last[0] = line.entry();
            return true;
        });
        return Optional.ofNullable(last[0]);
    }

    /**
     * The byte offset of the start of the last line, 0 when there is none: the position that nodes exchange in
     * {@code sync-info}.
     *
     * @throws XlogDbFormatException when one of the last lines cannot be read
     * @throws IOException when the file cannot be read
     */
    public long lastPosition() throws IOException {
        long[] last = new long[1];
        scanTail(line -> {
            last[0] = line.offset();
            return true;
        });
        return last[0];
    }

    private void scanTail(EntryVisitor visitor) throws IOException {
        try (FileChannel channel = open()) {
            XlogDbScanner scanner = new XlogDbScanner(file, channel);
            scanner.scan(scanner.lineStartFrom(channel.size() - TAIL), Long.MAX_VALUE, visitor);
        } catch (NoSuchFileException e) {
            // a missing index is an empty one
        }
    }

    /**
     * Replaces the index by other lines, atomically and durably; mode and owner of the file are kept. Call it under the index
     * lock: temporary files that killed predecessors left are removed.
     *
     * @throws IOException when the new file cannot be written or put in place; the index is then the old one
     */
    public void replace(Iterator<WalEntry> entries) throws IOException {
        AtomicFile.removeLeftovers(file);
        AtomicFile.write(
                file,
                out -> {
                    while (entries.hasNext()) {
                        out.write((XlogDbLine.format(entries.next()) + '\n').getBytes(StandardCharsets.US_ASCII));
                    }
                },
                null);
    }

    /**
     * Drops lines, atomically and durably as {@link #replace}; lines of older formats that stay get all five fields. Constant
     * memory. When nothing is to be dropped the file is rewritten nevertheless.
     *
     * @param keep asked for each line in order
     * @return the number of lines dropped
     * @throws XlogDbFormatException when a line cannot be read; the index is then the old one
     * @throws IOException when the index cannot be read or written; it is then the old one
     */
    public long retain(Predicate<XlogDbCursor> keep) throws IOException {
        long[] dropped = new long[1];
        AtomicFile.removeLeftovers(file);
        AtomicFile.write(
                file,
                out -> scan(line -> {
                    if (keep.test(line)) {
                        line.writeTo(out);
                    } else {
                        dropped[0]++;
                    }
                    return true;
                }),
                null);
        return dropped[0];
    }

    private FileChannel open() throws IOException {
        return FileChannel.open(file, StandardOpenOption.READ);
    }

    private Path parent() {
        Path parent = file.toAbsolutePath().getParent();
        return parent == null ? file.toAbsolutePath() : parent;
    }

    /**
     * Makes the end of the file the end of a good line, except perhaps for its line feed.
     *
     * @return whether the line feed of the last line is missing
     */
    private boolean repairTail(FileChannel channel) throws IOException {
        long size = channel.size();
        if (size == 0) {
            return false;
        }
        long from = Math.max(0, size - TAIL);
        byte[] tail = new byte[(int) (size - from) + 1];
        ByteBuffer buffer = ByteBuffer.wrap(tail, 0, tail.length - 1);
        while (buffer.hasRemaining() && channel.read(buffer, from + buffer.position()) > 0) {
            // until full
        }
        int length = buffer.position();
        int end = firstZero(tail, length);
        if (end == length && tail[length - 1] == '\n') {
            return false;
        }
        int start = end;
        while (start > 0 && tail[start - 1] != '\n') {
            start--;
        }
        if (start == 0 && from > 0) {
            throw new XlogDbFormatException("no line end in the last " + length + " bytes of " + file
                    + "; to make the index anew run \"barman rebuild-xlogdb " + serverName(file) + "\"");
        }
        XlogDbCursor last = new XlogDbCursor();
        tail[end] = '\n';
        last.parse(tail, start, end);
        if (end == length && last.isComplete()) {
            return true;
        }
        LoggerFactory.getLogger(XlogDb.class)
                .warn(
                        "removing the incomplete end of {} (from byte {}), which an interrupted write left: {}",
                        file,
                        from + start,
                        XlogDbLine.quoted(last.line()));
        channel.truncate(from + start);
        return false;
    }

    private static int firstZero(byte[] bytes, int length) {
        for (int i = 0; i < length; i++) {
            if (bytes[i] == 0) {
                return i;
            }
        }
        return length;
    }

    /** Look-ups in an open index. */
    private static final class Lookup {
        private final FileChannel channel;
        private final XlogDbScanner scanner;
        private final long tailStart;

        Lookup(Path file, FileChannel channel) throws IOException {
            this.channel = channel;
            this.scanner = new XlogDbScanner(file, channel);
            this.tailStart = scanner.lineStartFrom(channel.size() - TAIL);
        }

        /** Finds a line that is near the end, or that lies where ascending order puts it. */
        Optional<WalEntry> withoutScan(String name) throws IOException {
            Optional<WalEntry> found = search(tailStart, channel.size(), name);
            return found.isPresent() || tailStart == 0 ? found : bisect(name);
        }

        /** Finds a line anywhere but at the end, where {@link #withoutScan} has looked. */
        Optional<WalEntry> byScan(String name) throws IOException {
            return tailStart == 0 ? Optional.empty() : search(0, tailStart, name);
        }

        private Optional<WalEntry> bisect(String name) throws IOException {
            long low = 0;
            long high = tailStart;
            while (high - low > SCANNED_REST) {
                long middle = scanner.lineStartFrom(low + (high - low) / 2);
                if (middle >= high) {
                    break;
                }
                if (scanner.nameAt(middle).compareTo(name) <= 0) {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            return search(low, high, name);
        }

        private Optional<WalEntry> search(long from, long to, String name) throws IOException {
            Match match = new Match(name);
            scanner.scan(from, to, match);
            return Optional.ofNullable(match.found);
        }
    }

    /** The first line with a name. A class and not a lambda: look-ups run in short-lived processes. */
    private static final class Match implements EntryVisitor {
        private final String name;
        private @Nullable WalEntry found;

        Match(String name) {
            this.name = name;
        }

        @Override
        public boolean visit(XlogDbCursor line) throws IOException {
            if (line.compareName(name) != 0) {
                return true;
            }
            found = line.entry();
            return false;
        }
    }
}

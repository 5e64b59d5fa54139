// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import dev.barman.wal.WalFileName;
import dev.barman.wal.WalSegmentName;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the command that PostgreSQL runs and the background process that sends for it find each other: through small files in the state
 * directory, so that either may die at any time. None of them says that a segment is archived; only the record does.
 *
 * <ul>
 *   <li>{@code sender.lock} is locked by the one background process for as long as it lives;
 *   <li>{@code sender} says who that is and whom it serves, and is touched every second;
 *   <li>{@code want.PID} names the segment that the process PID waits for. It goes when that is settled, this way or the other: then the
 *       record tells;
 *   <li>{@code used} is touched by a call that found its segment in the record;
 *   <li>{@code stop} asks the background process to end.
 * </ul>
 */
final class SendRequests {
    /** Nobody waits for so long without the process that the file names. */
    private static final long MAX_WANT_MILLIS = 600_000;

    private static final String SENDER = "sender";
    private static final String WANT = "want.";
    private static final String USED = "used";
    private static final String STOP = "stop";
    private static final String TEMPORARY = ".new";

    private final Path directory;

    /** @param directory a {@link dev.barman.wal.archive.StateDirectory} */
    SendRequests(Path directory) {
        this.directory = directory;
    }

    /**
     * What a background process serves: the same for the calls that it works for.
     *
     * @param process its number
     * @param dataDirectory of the PostgreSQL server, without links
     * @param commandLine what {@link SendProcess#commandLine} says: other options, another process
     */
    record Sender(long process, Path dataDirectory, String commandLine) {
        private String text() {
            return process + "\n" + dataDirectory + "\n" + commandLine + "\n";
        }
    }

    /** What somebody waits for. */
    record Want(Path file, WalSegmentName name) {}

    Path lockFile() {
        return directory.resolve(SENDER + ".lock");
    }

    // --- the side of the command

    /** Asks the background process to end. */
    void askToStop() throws IOException {
        Files.write(directory.resolve(STOP), new byte[0]);
    }

    /** Who serves; null when nobody does or the file is damaged. */
    @Nullable
    Sender sender() throws IOException {
        String text = read(directory.resolve(SENDER));
        String[] lines = text == null ? new String[0] : text.split("\n", -1);
        if (lines.length != 4) {
            return null;
        }
        try {
            return new Sender(Long.parseLong(lines[0]), Path.of(lines[1]), lines[2]);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    // --- the side of the background process

    /** Begins to serve; only with the lock. What is left of an earlier process and its callers is removed. */
    void begin(Sender sender) throws IOException {
        Files.deleteIfExists(directory.resolve(STOP));
        // Nobody has asked this process yet.
        String[] names = new File(directory.toString()).list();
        for (String name : names == null ? new String[0] : names) {
            if (name.startsWith(WANT)) {
                Files.deleteIfExists(directory.resolve(name));
            }
        }
        Path temporary = directory.resolve(SENDER + TEMPORARY);
        Files.write(temporary, sender.text().getBytes(StandardCharsets.UTF_8));
        Files.move(temporary, directory.resolve(SENDER), StandardCopyOption.ATOMIC_MOVE);
    }

    /**
     * Says that the process still serves.
     *
     * @throws IOException when it is not this process any more that serves here: somebody has emptied the directory
     */
    void beat(long process) throws IOException {
        if (!isServedBy(process)) {
            throw new NoSuchFileException(directory.resolve(SENDER).toString());
        }
        Files.setLastModifiedTime(directory.resolve(SENDER), FileTime.from(Instant.now()));
    }

    /** Whether the process is named as the one that serves. */
    boolean isServedBy(long process) throws IOException {
        Sender sender = sender();
        return sender != null && sender.process() == process;
    }

    /** Serves no more: whoever waits is let go, unless another process serves now. */
    void end(long process) throws IOException {
        if (!isServedBy(process)) {
            return;
        }
        Files.deleteIfExists(directory.resolve(SENDER));
        Files.deleteIfExists(directory.resolve(USED));
        for (Want want : wants()) {
            settle(want);
        }
    }

    boolean isAskedToStop() {
        return Files.exists(directory.resolve(STOP));
    }

    /** When a call last found its segment in the record, in milliseconds since the epoch; 0 for never. */
    long lastUse() {
        return directory.resolve(USED).toFile().lastModified();
    }

    /** What is waited for at this moment. What nobody can wait for any more is removed. */
    List<Want> wants() throws IOException {
        List<Want> wants = new ArrayList<>();
        String[] names = new File(directory.toString()).list();
        if (names == null) {
            throw new NoSuchFileException(directory.toString());
        }
        for (String name : names) {
            if (!name.startsWith(WANT) || name.endsWith(TEMPORARY)) {
                continue;
            }
            Path file = directory.resolve(name);
            String text = read(file);
            if (text == null) {
                continue;
            }
            if (!WalFileName.isSegment(text) || isOld(file)) {
                Files.deleteIfExists(file);
                continue;
            }
            wants.add(new Want(file, WalSegmentName.parse(text)));
        }
        return wants;
    }

    /** Lets whoever waits go on: there is nothing more to wait for. */
    void settle(Want want) throws IOException {
        Files.deleteIfExists(want.file());
    }

    private static boolean isOld(Path file) {
        long written = file.toFile().lastModified();
        // Of a time to come by more than clocks differ: written by another clock.
        long age = System.currentTimeMillis() - written;
        return written != 0 && (age > MAX_WANT_MILLIS || age < -MAX_WANT_MILLIS);
    }

    private static @Nullable String read(Path file) throws IOException {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            return null;
        }
    }
}

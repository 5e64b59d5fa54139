// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.spool;

import dev.barman.file.LockFile;
import dev.barman.wal.WalFileName;
import dev.barman.wal.WalSegmentName;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the command that PostgreSQL runs and the background process that fetches ahead find each other: through small files in the
 * spool directory, so that either may die at any time.
 *
 * <ul>
 *   <li>{@code prefetch.lock} is locked by the one background process for as long as it lives;
 *   <li>{@code starting} holds the number of a background process from its start until it holds the lock;
 *   <li>{@code want.PID} names the segment that the process PID waits for;
 *   <li>{@code answer.PID} tells PID that the segment is not going to appear in the spool, and why. A segment that is, just appears;
 *   <li>{@code coming.NAME} is there from the request to the server for a segment until its outcome;
 *   <li>{@code stop} asks the background process to end.
 * </ul>
 *
 * <p>Nothing here outlives the need for it: an answer is given for one question, after it was asked. Thread-safe.
 */
public final class PrefetchRequests {
    /** How long a background process may take from its start until it holds the lock. */
    private static final long MAX_START_MILLIS = 10_000;

    /** Longer than anybody waits. */
    private static final long MAX_WANT_MILLIS = 90_000;

    private static final String LOCK = "prefetch.lock";
    private static final String STARTING = "starting";
    private static final String WANT = "want.";
    private static final String ANSWER = "answer.";
    private static final String COMING = "coming.";
    private static final String STOP = "stop";
    private static final String TEMPORARY = ".new";

    private final Path directory;

    /** @param directory of a {@link WalSpool} */
    public PrefetchRequests(Path directory) {
        this.directory = directory;
    }

    /** Why a wanted segment does not appear. */
    public enum Answer {
        /** The archive was asked after the question was put, and does not have it. */
        ABSENT,
        /** The background process has nothing to do with that segment, or cannot get it: whoever wants it should ask himself. */
        ASK_YOURSELF
    }

    /** What somebody waits for. */
    public record Want(String process, WalSegmentName name) {}

    // --- the side of the command

    /** Whether a background process is there, or about to be. */
    public boolean isServed() throws IOException {
        if (LockFile.probe(directory.resolve(LOCK)).isPresent()) {
            return true;
        }
        Path announcement = directory.resolve(STARTING);
        String process = get(announcement);
        if (process == null || isOlder(announcement, MAX_START_MILLIS)) {
            return false;
        }
        try {
            return ProcessHandle.of(Long.parseLong(process)).isPresent();
        } catch (NumberFormatException e) {
            // Cut short: its writer was killed.
            return false;
        }
    }

    /** Announces a background process that has just been started. */
    public void announceStart(long process) throws IOException {
        put(STARTING, Long.toString(process));
    }

    /** Takes the announcement back: the process holds the lock. */
    public void withdrawStart() throws IOException {
        Files.deleteIfExists(directory.resolve(STARTING));
    }

    /** Tells the background process what this process waits for. */
    public void want(long process, WalSegmentName name) throws IOException {
        Files.deleteIfExists(directory.resolve(ANSWER + process));
        put(WANT + process, name.text());
    }

    /** The answer to this process about a segment, null as long as there is none. A process of the same number may have asked before. */
    public @Nullable Answer answer(long process, WalSegmentName name) throws IOException {
        String text = get(directory.resolve(ANSWER + process));
        for (Answer answer : Answer.values()) {
            if (text != null && text.equals(text(answer, name))) {
                return answer;
            }
        }
        return null;
    }

    private static String text(Answer answer, WalSegmentName name) {
        return answer.name() + " " + name.text();
    }

    /** Removes question and answer of this process. */
    public void forget(long process) throws IOException {
        Files.deleteIfExists(directory.resolve(WANT + process));
        Files.deleteIfExists(directory.resolve(ANSWER + process));
    }

    /** Asks the background process to end, if there is one. */
    public void askToStop() throws IOException {
        Files.write(directory.resolve(STOP), new byte[0]);
    }

    // --- the side of the background process

    /** Tells that a segment has been asked for. The launcher waits for it then, so that it need not start Java. */
    public void announce(WalSegmentName name) throws IOException {
        Files.write(directory.resolve(COMING + name.text()), new byte[0]);
    }

    /** Takes that back: the segment is there, or is not going to come. */
    public void withdraw(WalSegmentName name) throws IOException {
        Files.deleteIfExists(directory.resolve(COMING + name.text()));
    }

    /** The lock of the background process. */
    public Path lockFile() {
        return directory.resolve(LOCK);
    }

    /** What is waited for at this moment. */
    public List<Want> wants() throws IOException {
        List<Want> wants = new ArrayList<>();
        String[] names = new File(directory.toString()).list();
        if (names == null) {
            return wants;
        }
        for (String file : names) {
            if (file.startsWith(WANT) && !file.endsWith(TEMPORARY)) {
                Path want = directory.resolve(file);
                if (isOlder(want, MAX_WANT_MILLIS)) {
                    // Whoever waited was killed.
                    Files.deleteIfExists(want);
                    continue;
                }
                String text = get(want);
                if (text != null && WalFileName.isSegment(text)) {
                    wants.add(new Want(file.substring(WANT.length()), WalSegmentName.parse(text)));
                }
            }
        }
        return wants;
    }

    /** Answers, and takes the question off. */
    public void answer(Want want, Answer answer) throws IOException {
        // In this order: a question without an answer is asked again, an answer without a question is read.
        put(ANSWER + want.process(), text(answer, want.name()));
        Files.deleteIfExists(directory.resolve(WANT + want.process()));
    }

    /** Whether the background process is asked to end. */
    public boolean isAskedToStop() {
        return Files.exists(directory.resolve(STOP));
    }

    /** Removes what is left of questions, answers and announcements, and the request to stop. For a background process that holds the lock. */
    public void clear() throws IOException {
        String[] names = new File(directory.toString()).list();
        if (names == null) {
            return;
        }
        for (String name : names) {
            // Questions may have been put while this process was started, and the answers just given are for their
            // askers
            // to remove; but a process that is no more does not.
            Path file = directory.resolve(name);
            boolean forgotten = (name.startsWith(WANT) || name.startsWith(ANSWER)) && isOlder(file, MAX_WANT_MILLIS);
            if (forgotten || name.equals(STOP) || name.startsWith(COMING)) {
                Files.deleteIfExists(file);
            }
        }
    }

    private static boolean isOlder(Path file, long millis) {
        long modified = file.toFile().lastModified();
        return modified != 0 && System.currentTimeMillis() - modified > millis;
    }

    private void put(String name, String text) throws IOException {
        Path temporary = directory.resolve(name + TEMPORARY);
        Files.write(temporary, text.getBytes(StandardCharsets.US_ASCII));
        Files.move(temporary, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }

    private static @Nullable String get(Path file) throws IOException {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.US_ASCII);
        } catch (NoSuchFileException e) {
            return null;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.log;

import dev.barman.process.OwnProcess;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.TimeZone;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Formats records and writes each with one system call, so that processes can share a log file. Thread-safe. */
final class LogOutput {
    private static final long PID = OwnProcess.pid();

    private final PrintStream standardError;
    private volatile int threshold = LogLevel.WARNING.number();
    private UnaryOperator<String> redactor = SecretRedactor::redact;
    private @Nullable Path file;
    private @Nullable FileChannel channel;
    private @Nullable Object fileKey;

    LogOutput(PrintStream standardError) {
        this.standardError = standardError;
    }

    synchronized boolean configure(LogLevel level, @Nullable Path newFile, UnaryOperator<String> newRedactor) {
        threshold = level.number();
        redactor = newRedactor;
        closeQuietly();
        file = newFile;
        if (newFile == null) {
            return true;
        }
        try {
            Path parent = newFile.toAbsolutePath().getParent();
            if (parent != null && !Files.isDirectory(parent)) {
                Files.createDirectories(parent);
            }
            open(newFile);
            return true;
        } catch (IOException | RuntimeException e) {
            file = null;
            write(
                    "barman.utils",
                    LogLevel.WARNING,
                    "Failed opening the requested log file. Using standard error instead.",
                    null);
            return false;
        }
    }

    void setLevel(LogLevel level) {
        threshold = level.number();
    }

    LogLevel level() {
        return new LogLevel(threshold);
    }

    boolean isEnabled(LogLevel level) {
        return level.number() >= threshold;
    }

    void write(String logger, LogLevel level, String message, @Nullable Throwable failure) {
        if (!isEnabled(level)) {
            return;
        }
        StringBuilder text = new StringBuilder(message.length() + 80);
        long now = System.currentTimeMillis();
        appendTime(text, now, TimeZone.getDefault().getOffset(now));
        text.append(" [").append(PID).append("] ").append(logger).append(' ').append(level);
        synchronized (this) {
            text.append(": ").append(redactor.apply(message)).append('\n');
            if (failure != null) {
                text.append(redactor.apply(trace(failure)));
            }
            emit(text.toString());
        }
    }

    private static String trace(Throwable failure) {
        StringWriter trace = new StringWriter();
        try (PrintWriter writer = new PrintWriter(trace)) {
            failure.printStackTrace(writer);
        }
        return trace.toString();
    }

    private synchronized void emit(String record) {
        Path target = file;
        if (target != null) {
            try {
                ByteBuffer bytes = ByteBuffer.wrap(record.getBytes(StandardCharsets.UTF_8));
                FileChannel out = current(target);
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
                return;
            } catch (IOException e) {
                // A full disk, or the log directory is gone: the record must not be lost.
                closeQuietly();
            }
        }
        standardError.print(record);
        standardError.flush();
    }

    /** The open file, or the one that has taken its place. */
    private FileChannel current(Path target) throws IOException {
        FileChannel open = channel;
        if (open != null && open.isOpen()) {
            try {
                Object key =
                        Files.readAttributes(target, BasicFileAttributes.class).fileKey();
                if (Objects.equals(key, fileKey)) {
                    return open;
                }
            } catch (IOException e) {
                // Rotated away, and no new file yet: the next line makes one.
            }
            open.close();
        }
        return open(target);
    }

    private FileChannel open(Path target) throws IOException {
        FileChannel opened = FileChannel.open(
                target, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
        channel = opened;
        fileKey = Files.readAttributes(target, BasicFileAttributes.class).fileKey();
        return opened;
    }

    synchronized void close() throws IOException {
        FileChannel open = channel;
        channel = null;
        file = null;
        if (open != null) {
            open.close();
        }
    }

    private void closeQuietly() {
        FileChannel open = channel;
        channel = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                // Nothing is buffered: every record has been written already.
                return;
            }
        }
    }

    /**
     * Appends {@code 2026-11-20 11:15:51,257}. By hand, because a date formatter costs more than the rest of a short run's
     * logging.
     */
    static void appendTime(StringBuilder text, long epochMillis, int offsetMillis) {
        long local = epochMillis + offsetMillis;
        long day = Math.floorDiv(local, 86_400_000L);
        int millis = (int) Math.floorMod(local, 86_400_000L);
        // Days to a date in years that begin in March, 400-year cycles from 0000-03-01.
        long shifted = day + 719_468;
        long era = Math.floorDiv(shifted, 146_097L);
        int dayOfEra = (int) Math.floorMod(shifted, 146_097L);
        int yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
        int dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
        int monthFromMarch = (5 * dayOfYear + 2) / 153;
        int dayOfMonth = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1;
        int month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
        long year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
        text.append(year).append('-');
        twoDigits(text, month).append('-');
        twoDigits(text, dayOfMonth).append(' ');
        twoDigits(text, millis / 3_600_000).append(':');
        twoDigits(text, millis / 60_000 % 60).append(':');
        twoDigits(text, millis / 1000 % 60).append(',');
        int rest = millis % 1000;
        text.append((char) ('0' + rest / 100));
        twoDigits(text, rest % 100);
    }

    private static StringBuilder twoDigits(StringBuilder text, int number) {
        return text.append((char) ('0' + number / 10)).append((char) ('0' + number % 10));
    }
}

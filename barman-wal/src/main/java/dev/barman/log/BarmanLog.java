// SPDX-License-Identifier: Apache-2.0
package dev.barman.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;
import org.slf4j.MarkerFactory;

/**
 * The settings of the log of this process. Front ends call {@link #configure} once they know them; until then records of
 * level WARNING and above go to standard error.
 *
 * <p>Logger names are written as they are, so classes that log under one of Barman's names ({@code barman.server},
 * {@code Command}) ask for a logger of that name. The level {@code CRITICAL}, which SLF4J does not know, is an error with
 * the marker {@link #critical}. Thread-safe.
 */
public final class BarmanLog {
    static final String CRITICAL_MARKER = "CRITICAL";

    private static final LogOutput OUTPUT = new LogOutput(System.err);

    private BarmanLog() {}

    /**
     * Sets where the log goes and what it contains.
     *
     * @param level the threshold
     * @param file the file to append to, created with its parent directories, and opened anew when it has been rotated
     *     away; null for standard error
     * @param redactor applied to every message and trace before it is written; see {@link SecretRedactor}
     * @return false if the file cannot be opened: a warning has then been logged and the log goes to standard error
     */
    public static boolean configure(LogLevel level, @Nullable Path file, UnaryOperator<String> redactor) {
        return OUTPUT.configure(level, file, redactor);
    }

    /** As {@link #configure(LogLevel, Path, UnaryOperator)}, with passwords redacted. */
    public static boolean configure(LogLevel level, @Nullable Path file) {
        return configure(level, file, SecretRedactor::redact);
    }

    /** Changes the threshold only. */
    public static void setLevel(LogLevel level) {
        OUTPUT.setLevel(level);
    }

    /** The threshold. */
    public static LogLevel level() {
        return OUTPUT.level();
    }

    /** The marker that makes an error a CRITICAL one: {@code logger.error(BarmanLog.critical(), "...")}. */
    public static Marker critical() {
        return MarkerFactory.getMarker(CRITICAL_MARKER);
    }

    /**
     * Closes the log file; later records go to standard error.
     *
     * @throws IOException if closing fails
     */
    public static void close() throws IOException {
        OUTPUT.close();
    }

    static LogOutput output() {
        return OUTPUT;
    }
}

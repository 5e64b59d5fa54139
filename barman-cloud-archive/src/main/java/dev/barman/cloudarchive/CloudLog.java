// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import java.io.PrintStream;
import java.time.Clock;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;

/** The messages of a cloud command: one line each on standard error, in the form of the original. Thread-safe. */
final class CloudLog {
    /** How important a message is, the least important one first. */
    enum Level {
        DEBUG,
        INFO,
        WARNING,
        ERROR,
        CRITICAL
    }

    private static final List<Level> LEVELS = List.of(Level.values());
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss,SSS");

    private final PrintStream err;
    private final Level threshold;
    private final Clock clock;

    CloudLog(PrintStream err, Level threshold, Clock clock) {
        this.err = err;
        this.threshold = threshold;
        this.clock = clock;
    }

    /** WARNING; each {@code -v} lets one level more through, each {@code -q} one less. */
    static Level level(int verbose, int quiet) {
        int level = LEVELS.indexOf(Level.WARNING) - verbose + quiet;
        return LEVELS.get(Math.max(0, Math.min(LEVELS.size() - 1, level)));
    }

    void debug(String message) {
        log(Level.DEBUG, message);
    }

    void info(String message) {
        log(Level.INFO, message);
    }

    void warning(String message) {
        log(Level.WARNING, message);
    }

    void error(String message) {
        log(Level.ERROR, message);
    }

    private void log(Level level, String message) {
        if (level.compareTo(threshold) >= 0) {
            err.println(TIME.format(clock.instant().atZone(ZoneId.systemDefault())) + " ["
                    + ProcessHandle.current().pid() + "] " + level + ": " + message);
        }
    }
}

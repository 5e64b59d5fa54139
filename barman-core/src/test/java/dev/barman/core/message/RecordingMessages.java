// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.message;

import java.util.ArrayList;
import java.util.List;

/** Keeps what is said, each message with the prefix it has on the console. */
public final class RecordingMessages implements Messages {
    private final List<String> lines = new ArrayList<>();

    @Override
    public synchronized void debug(String message) {
        lines.add("DEBUG: " + message);
    }

    @Override
    public synchronized void info(String message) {
        lines.add(message);
    }

    @Override
    public synchronized void warning(String message) {
        lines.add("WARNING: " + message);
    }

    @Override
    public synchronized void error(String message) {
        lines.add("ERROR: " + message);
    }

    @Override
    public synchronized void exception(String message) {
        lines.add("EXCEPTION: " + message);
    }

    /** Returns what was said so far, in order. */
    public synchronized List<String> lines() {
        return List.copyOf(lines);
    }

    /** Returns what was said so far without the debugging messages. */
    public synchronized List<String> visible() {
        return lines.stream().filter(line -> !line.startsWith("DEBUG: ")).toList();
    }

    /** Forgets what was said. */
    public synchronized void clear() {
        lines.clear();
    }
}

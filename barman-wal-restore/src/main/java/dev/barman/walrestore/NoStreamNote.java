// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Remembers for a time that a server does not stream, so that it is not asked again by every call. Immutable. */
final class NoStreamNote {
    /** What Barman in Python says of an option that it does not know. */
    static final int UNKNOWN_OPTION = 2;

    /** Name of the file. */
    static final String NAME = "no-stream";

    /** For so long a server that knows no streams is not asked again. */
    static final Duration UNABLE = Duration.ofHours(1);

    /** For so long one that refused otherwise, or could not be reached: there may be another reason, and an end to it. */
    static final Duration FAILED = Duration.ofMinutes(2);

    private final Path file;

    private NoStreamNote(Path file) {
        this.file = file;
    }

    /** @param file something beside what is about this server alone, or in it */
    static NoStreamNote at(Path file) {
        return new NoStreamNote(file);
    }

    boolean holds() {
        long age = System.currentTimeMillis() - file.toFile().lastModified();
        // What was written in a time to come was written by another clock.
        return age >= 0 && age <= UNABLE.toMillis() && age <= holdsMillis();
    }

    private long holdsMillis() {
        try {
            return 1000 * Long.parseLong(new String(Files.readAllBytes(file), StandardCharsets.US_ASCII).trim());
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }

    void write(Duration holds) throws IOException {
        Files.write(file, Long.toString(holds.toSeconds()).getBytes(StandardCharsets.US_ASCII));
    }

    void remove() throws IOException {
        Files.deleteIfExists(file);
    }
}

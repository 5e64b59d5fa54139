// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Remembers for an hour that a server does not stream, so that it is not asked again by every call. Immutable. */
final class NoStreamNote {
    /** What Barman in Python says of an option that it does not know. */
    static final int UNKNOWN_OPTION = 2;

    /** Name of the file. */
    static final String NAME = "no-stream";

    private static final long MAX_AGE_MILLIS = 3_600_000;

    private final Path file;

    private NoStreamNote(Path file) {
        this.file = file;
    }

    /** @param file something beside what is about this server alone, or in it */
    static NoStreamNote at(Path file) {
        return new NoStreamNote(file);
    }

    boolean holds() {
        long written = file.toFile().lastModified();
        return written != 0 && System.currentTimeMillis() - written <= MAX_AGE_MILLIS;
    }

    void write() throws IOException {
        Files.write(file, new byte[0]);
    }

    void remove() throws IOException {
        Files.deleteIfExists(file);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * A script that stands for the server's {@code barman}: it records its arguments, keeps what it is sent, sends what it is
 * given and ends as it is told.
 */
final class FakeBarman {
    private final Path directory;
    private final Path script;

    FakeBarman(Path directory) throws IOException {
        this.directory = directory;
        this.script = directory.resolve("fake-barman");
    }

    /** Replaces the script; {@code $D} is the directory with the recorded files. */
    FakeBarman does(String... lines) throws IOException {
        Files.writeString(
                script,
                "#!/bin/sh\nD=" + ShellWords.quote(directory.toString()) + "\nprintf '%s\\n' \"$@\" >\"$D/args\"\n"
                        + String.join("\n", lines) + "\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        return this;
    }

    /** The value for {@code --local-command}. */
    String command() {
        return ShellWords.quote(script.toString());
    }

    String args() throws IOException {
        return Files.readString(directory.resolve("args"));
    }

    Path file(String name) {
        return directory.resolve(name);
    }
}

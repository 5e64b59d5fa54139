// SPDX-License-Identifier: Apache-2.0
package dev.barman.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What this process is to the system. */
public final class OwnProcess {
    private static final long PID = find();

    private OwnProcess() {}

    /**
     * The process id. The same as {@code ProcessHandle.current().pid()}, without what that sets up for watching processes: 15 ms
     * at the start of every command.
     */
    public static long pid() {
        return PID;
    }

    private static long find() {
        try {
            return Long.parseLong(Files.readSymbolicLink(Path.of("/proc/self")).toString());
        } catch (IOException | NumberFormatException | UnsupportedOperationException e) {
            // no /proc, as on macOS
            return ProcessHandle.current().pid();
        }
    }
}

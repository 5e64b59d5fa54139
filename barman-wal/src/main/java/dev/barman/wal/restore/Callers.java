// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.restore;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The processes that wait for this one: the launcher, the shell that PostgreSQL runs its command with, PostgreSQL itself. When one of
 * them was killed, somebody else may be about to receive another file at the same destination, and ours must not get there. Immutable.
 */
public final class Callers {
    private static final int GENERATIONS = 3;
    private static final Path PROCESSES = Path.of("/proc");

    private final String atStart;

    private Callers(String atStart) {
        this.atStart = atStart;
    }

    /** Those of this moment. */
    public static Callers now() {
        return new Callers(chain());
    }

    /** Whether they are all still there. Where the system does not tell, they are taken to be. */
    public boolean areThere() {
        return atStart.equals(chain());
    }

    /**
     * Makes sure that they are all still there.
     *
     * @throws RestoreException when one has ended
     */
    public void require() throws RestoreException {
        if (!areThere()) {
            throw new RestoreException(RestoreException.Reason.NOT_ASKED, "Whoever asked for the file has ended");
        }
    }

    /** The numbers of the parent, its parent and so on: a process that loses its parent gets another one. */
    private static String chain() {
        StringBuilder chain = new StringBuilder();
        String process = "self";
        for (int i = 0; i < GENERATIONS && !process.equals("1") && !process.equals("0"); i++) {
            String parent = parent(process);
            if (parent == null) {
                break;
            }
            chain.append(parent).append(' ');
            process = parent;
        }
        return chain.toString();
    }

    private static @Nullable String parent(String process) {
        try {
            // PID (NAME) STATE PARENT ..., where the name may contain anything.
            String stat = new String(
                    Files.readAllBytes(PROCESSES.resolve(process).resolve("stat")), StandardCharsets.ISO_8859_1);
            int begin = stat.lastIndexOf(')') + 4;
            int end = stat.indexOf(' ', begin);
            return end < 0 ? null : stat.substring(begin, end);
        } catch (IOException e) {
            return null;
        }
    }
}

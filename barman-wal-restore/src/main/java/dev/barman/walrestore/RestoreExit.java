// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

/**
 * Exit codes of {@code barman-wal-restore}.
 *
 * <p>PostgreSQL reads 1 to 125 as "the archive does not have this file", which may end recovery, and anything above as a
 * reason to stop. A Java virtual machine that dies of itself ends with 1, 3 or 134, and two of these would be taken for an
 * answer. So the program ends with the private codes below, and the launcher translates: 64 to 1, 65 to 2, 66 to 3, and
 * whatever it does not know to 126.
 */
final class RestoreExit {
    /** The complete file is at its destination. */
    static final int DELIVERED = 0;
    /** The server has looked, and its archive does not have the file. Public code 1. */
    static final int ABSENT = 64;
    /** The question could not be asked, or the answer was unusable. Public code 2; also for a wrong command line. */
    static final int NOT_ASKED = 65;
    /** The request itself is wrong: the name is no WAL name, or the destination cannot be written. Public code 3. */
    static final int BAD_REQUEST = 66;
    /** A defect of the program. No code that the launcher knows, so it becomes 126. */
    static final int DEFECT = 70;

    private RestoreExit() {}

    /**
     * The exit code for a remote {@code barman get-wal} that ended with this code, which is not 0.
     *
     * @param notFound whether it said that the archive does not have the file
     */
    static int ofRemote(int code, boolean notFound) {
        return switch (code) {
            // 1 is also an unknown server, a broken configuration, a full disk there: no answer to the question.
            case 1 -> notFound ? ABSENT : NOT_ASKED;
            case 3 -> BAD_REQUEST;
            // 255 is ssh without a connection, 126 and 127 a missing barman, above 128 a signal.
            default -> NOT_ASKED;
        };
    }

    /** The same for {@code get-wal --test}, where 1 is the answer. */
    static int ofRemoteTest(int code) {
        return ofRemote(code, true);
    }
}

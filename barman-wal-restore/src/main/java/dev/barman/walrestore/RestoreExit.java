// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import dev.barman.wal.restore.PrivateExit;
import dev.barman.wal.restore.RestoreException;

/** Exit codes of {@code barman-wal-restore}: which of the private codes that the launcher translates means what. */
final class RestoreExit {
    /** The complete file is at its destination. */
    static final int DELIVERED = PrivateExit.DELIVERED;
    /** The server has looked, and its archive does not have the file. Public code 1. */
    static final int ABSENT = PrivateExit.ABSENT;
    /** The question could not be asked, or the answer was unusable. Public code 2; also for a wrong command line. */
    static final int NOT_ASKED = PrivateExit.TWO;
    /** The request itself is wrong: the name is no WAL name, or the destination cannot be written. Public code 3. */
    static final int BAD_REQUEST = PrivateExit.THREE;
    /** A defect of the program. Public code 126. */
    static final int DEFECT = PrivateExit.STOP;

    private RestoreExit() {}

    /** The exit code for a file that is not delivered. */
    static int of(RestoreException failure) {
        return switch (failure.reason()) {
            case ABSENT -> ABSENT;
            case NOT_ASKED -> NOT_ASKED;
            case DESTINATION, NAME -> BAD_REQUEST;
        };
    }
}

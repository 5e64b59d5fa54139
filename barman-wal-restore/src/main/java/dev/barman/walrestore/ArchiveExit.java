// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

/**
 * Exit codes of {@code barman-wal-archive}. PostgreSQL keeps the WAL file and tries again after any of 1 to 125; above
 * that it restarts its archiver process, so nothing above may ever leave the program or its launcher.
 */
final class ArchiveExit {
    /** The server has the file, durably. */
    static final int ARCHIVED = 0;
    /** A wrong command line, an unsuitable file, ssh not runnable, or the server stopped reading early. */
    static final int LOCAL_FAILURE = 2;
    /** ssh could not connect, or it or the remote command died. */
    static final int CONNECTION_FAILURE = 3;

    private static final int HIGHEST_SAFE = 125;

    private ArchiveExit() {}

    /** The exit code for a remote command that ended with this code. */
    static int ofRemote(int code) {
        return code < 0 || code > HIGHEST_SAFE ? CONNECTION_FAILURE : code;
    }
}

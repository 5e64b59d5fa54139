// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.frame;

/** Exit codes of {@code barman}. */
public final class ExitCode {
    /** No error message was emitted. */
    public static final int OK = 0;
    /** At least one error message was emitted, or a check of an active server failed. */
    public static final int ERROR = 1;
    /** The command line does not fit; {@code check --nagios} found a problem. */
    public static final int USAGE = 2;
    /** {@code get-wal} with a name that is no WAL name, or an output file that cannot be opened. */
    public static final int BAD_WAL_REQUEST = 3;

    private ExitCode() {}
}

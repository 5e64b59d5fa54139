// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

/** Exit codes of the cloud commands, those of the original. */
final class CloudExit {
    /** Success. */
    static final int OK = 0;
    /** The operation failed, and the provider answered. */
    static final int FAILED = 1;
    /** The provider could not be reached; only where the question is whether it can. */
    static final int UNREACHABLE = 2;
    /** The command line is wrong. */
    static final int USAGE = 3;
    /** Anything else: no connection, no access, no bucket, an unreadable source. */
    static final int OTHER = 4;

    /** Of a hook script: what cannot succeed is not to be tried again. */
    static final int STOP_RETRYING = 63;

    private CloudExit() {}
}

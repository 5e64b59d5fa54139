// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.retention;

/** What a retention policy says about one backup. {@link #toString()} is the token of the outputs. */
public enum RetentionStatus {
    /** Needed. */
    VALID("VALID"),
    /** Not needed any more. */
    OBSOLETE("OBSOLETE"),
    /** Not needed by the policy, kept for the sake of the minimum redundancy. */
    POTENTIALLY_OBSOLETE("OBSOLETE*"),
    /** Kept on request, with all WAL files from its beginning on. */
    KEEP_FULL("KEEP:FULL"),
    /** Kept on request, with its own WAL files. */
    KEEP_STANDALONE("KEEP:STANDALONE"),
    /** Not judged. */
    NONE("-");

    private final String token;

    RetentionStatus(String token) {
        this.token = token;
    }

    @Override
    public String toString() {
        return token;
    }
}

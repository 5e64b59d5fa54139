// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.restore;

/** A file is not delivered. Nothing is at the destination then. The message is for the user. */
public final class RestoreException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Why a file is not delivered. */
    public enum Reason {
        /** The archive was asked, and does not have it. */
        ABSENT,
        /** The archive could not be asked, or what it gave could not be used or written. */
        NOT_ASKED,
        /** The destination is no place for a file, or cannot be opened. */
        DESTINATION,
        /** The name is none of a WAL file. */
        NAME
    }

    private final Reason reason;
    private final boolean duringTransfer;

    /**
     * @param reason why
     * @param message the same for the user
     */
    public RestoreException(Reason reason, String message) {
        super(message);
        this.reason = reason;
        this.duringTransfer = false;
    }

    private RestoreException(RestoreException failure) {
        super(failure.getMessage(), failure);
        this.reason = failure.reason;
        this.duringTransfer = true;
    }

    /** {@return the same as a failure that came of asking the archive, so that it may be asked again} */
    public RestoreException duringTransfer() {
        return duringTransfer ? this : new RestoreException(this);
    }

    /** {@return why} */
    public Reason reason() {
        return reason;
    }

    /** {@return whether it came of asking the archive} */
    public boolean isDuringTransfer() {
        return duringTransfer;
    }
}

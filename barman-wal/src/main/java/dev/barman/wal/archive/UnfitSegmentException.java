// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.archive;

/** A file is not the segment that its name says, or belongs to another cluster. It must not get into the archive under that name. */
public final class UnfitSegmentException extends Exception {
    private static final long serialVersionUID = 1L;

    /** @param message which file, and what is wrong with it */
    public UnfitSegmentException(String message) {
        super(message);
    }
}

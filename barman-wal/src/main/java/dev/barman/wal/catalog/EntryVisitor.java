// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.catalog;

import java.io.IOException;

/** Receives the lines of the WAL index one by one. */
@FunctionalInterface
public interface EntryVisitor {
    /**
     * Looks at a line.
     *
     * @param line valid until this method returns
     * @return false to end the scan
     * @throws IOException what the scan is to end with
     */
    boolean visit(XlogDbCursor line) throws IOException;
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.archive;

import dev.barman.wal.storage.WalToStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;

/** A place where complete WAL files wait to be archived. Not thread-safe. */
public interface WalSource {
    /**
     * Looks what there is. Changes nothing: without {@link #discard} the next call finds the same again.
     *
     * @throws IOException when the source cannot be read
     */
    WalBatch nextBatch() throws IOException;

    /**
     * Says how a file of this source is compressed already, for instance by its first bytes.
     *
     * @throws IOException when it cannot be read
     */
    WalToStore describe(WalBatch.Item item) throws IOException;

    /**
     * Removes files that the archive holds durably, and makes the removal durable. A file that is gone already is no error.
     *
     * @throws IOException when one cannot be removed; the archive then meets it again as an identical duplicate
     */
    void discard(Collection<WalToStore> archived) throws IOException;

    /** Where the files wait. */
    Path directory();
}

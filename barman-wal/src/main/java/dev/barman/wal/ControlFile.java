// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.OptionalLong;

/**
 * What {@code global/pg_control} in a data directory says about the cluster. PostgreSQL runs its archive and restore commands in the
 * data directory, so they can ask it whose WAL they handle.
 */
public final class ControlFile {
    private ControlFile() {}

    /**
     * The system identifier, the first eight bytes of the control file. PostgreSQL rewrites the file while it runs, but never with
     * another identifier, so that a torn read does no harm.
     *
     * @param dataDirectory the data directory, {@code Path.of("")} for the working directory
     * @return the unsigned identifier; empty when there is no such file, or it cannot be read or tells none
     */
    public static OptionalLong systemIdentifier(Path dataDirectory) {
        ByteBuffer head = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        try (FileChannel file =
                FileChannel.open(dataDirectory.resolve("global").resolve("pg_control"), StandardOpenOption.READ)) {
            while (head.hasRemaining() && file.read(head) >= 0) {
                // until full or at the end of the file
            }
        } catch (IOException e) {
            return OptionalLong.empty();
        }
        long identifier = head.getLong(0);
        return head.hasRemaining() || identifier == 0 ? OptionalLong.empty() : OptionalLong.of(identifier);
    }
}

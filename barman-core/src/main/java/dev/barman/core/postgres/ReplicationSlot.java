// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import dev.barman.wal.Lsn;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A physical replication slot as the server shows it.
 *
 * @param name its name
 * @param active whether a connection uses it now
 * @param restartLsnOrNull the oldest WAL position it keeps; null for a slot never used
 */
public record ReplicationSlot(
        String name, boolean active, @Nullable Lsn restartLsnOrNull) {

    /** The oldest WAL position the slot keeps; empty for a slot never used. */
    public Optional<Lsn> restartLsn() {
        return Optional.ofNullable(restartLsnOrNull);
    }
}

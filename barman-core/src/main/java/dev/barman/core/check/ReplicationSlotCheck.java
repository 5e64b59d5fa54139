// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.core.postgres.ReplicationSlot;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The replication slot of the streaming archiver. */
final class ReplicationSlotCheck implements Check {
    private final WalConnection connection;

    ReplicationSlotCheck(WalConnection connection) {
        this.connection = connection;
    }

    @Override
    public String name() {
        return connection.label("replication slot");
    }

    @Override
    public List<CheckResult> run(CheckContext context) {
        String slotName = context.server().archiving().slotName();
        if (slotName == null) {
            return List.of();
        }
        ReplicationSlot slot = connection.inspection(context).slot().orElse(null);
        return context.server().archiving().streamingArchiver()
                ? List.of(inUse(context.server().name(), slotName, slot))
                : unused(slotName, slot);
    }

    private CheckResult inUse(String server, String slotName, @Nullable ReplicationSlot slot) {
        if (slot == null) {
            return CheckResult.failed(
                    name(),
                    "replication slot '" + slotName
                            + "' doesn't exist. Please execute 'barman receive-wal --create-slot " + server + "'");
        }
        if (slot.restartLsn().isEmpty()) {
            return CheckResult.failed(name(), "slot '" + slotName + "' not initialised: is 'receive-wal' running?");
        }
        return slot.active()
                ? CheckResult.ok(name())
                : CheckResult.failed(name(), "slot '" + slotName + "' not active: is 'receive-wal' running?");
    }

    /** A slot that nobody reads keeps WAL on the server until its disk is full. */
    private List<CheckResult> unused(String slotName, @Nullable ReplicationSlot slot) {
        if (slot == null || slot.restartLsn().isEmpty()) {
            return List.of();
        }
        return List.of(CheckResult.ok(
                name(),
                "WARNING: slot '" + slotName + "' is " + (slot.active() ? "active" : "initialised")
                        + " but not required by the current config"));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import dev.barman.core.PostgresException;
import dev.barman.wal.Lsn;
import dev.barman.wal.TimelineId;
import java.util.TreeSet;

/** A replication connection to a server in memory. Fields are for the test to set. */
public final class FakeStreamingConnection implements StreamingConnection {
    public StreamingStatus status =
            new StreamingStatus("7710210665329484190", TimelineId.of(1), Lsn.parse("0/5000060"));
    public PostgresVersion version = PostgresVersion.of(150018);
    public final TreeSet<String> slots = new TreeSet<>();
    public final TreeSet<String> slotsInUse = new TreeSet<>();
    public int maxSlots = 10;

    /** When set, every method fails with it. */
    public PostgresException failure;

    private void check() throws PostgresException {
        if (failure != null) {
            throw failure;
        }
    }

    @Override
    public StreamingStatus identifySystem() throws PostgresException {
        check();
        return status;
    }

    @Override
    public PostgresVersion version() throws PostgresException {
        check();
        return version;
    }

    @Override
    public SlotCreation createPhysicalSlot(String name) throws PostgresException {
        check();
        if (slots.contains(name)) {
            return SlotCreation.ALREADY_EXISTS;
        }
        if (slots.size() >= maxSlots) {
            return SlotCreation.ALL_IN_USE;
        }
        slots.add(name);
        return SlotCreation.CREATED;
    }

    @Override
    public SlotRemoval dropSlot(String name) throws PostgresException {
        check();
        if (slotsInUse.contains(name)) {
            return SlotRemoval.IN_USE;
        }
        return slots.remove(name) ? SlotRemoval.DROPPED : SlotRemoval.NOT_FOUND;
    }

    @Override
    public void close() {
        // Nothing is held.
    }
}

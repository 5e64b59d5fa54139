// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import dev.barman.core.BarmanException;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.message.Messages;
import dev.barman.core.signal.TerminatedException;
import dev.barman.core.signal.TerminationSignals;
import dev.barman.file.LockBusyException;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.catalog.LockedXlogDb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Waits for WAL files of a server, archiving what arrives meanwhile ({@code backup --wait}, {@code switch-wal --archive}). A
 * signal ends the wait and nothing else. Not thread-safe.
 */
public final class WalArrival {

    private static final Duration STEP = Duration.ofMillis(100);

    private final ServerConfig server;
    private final PendingWals pendingWals;
    private final Messages messages;

    /**
     * A wait for one server.
     *
     * @param pendingWals archives what has arrived
     */
    public WalArrival(ServerConfig server, PendingWals pendingWals, Messages messages) {
        this.server = server;
        this.pendingWals = pendingWals;
        this.messages = messages;
    }

    /** Archives what has arrived, unless another process does so at the moment. */
    public static void archive(PendingWals pendingWals) throws BarmanException, IOException {
        try {
            pendingWals.archive();
        } catch (LockBusyException e) {
            // What the other process stores counts as well.
        }
    }

    /**
     * Waits until a segment is in the archive. When the time is up that is an error.
     *
     * @param timeoutSeconds the limit, 0 for none
     * @return whether it arrived
     */
    public boolean await(WalSegmentName wal, int timeoutSeconds, TerminationSignals signals)
            throws BarmanException, IOException {
        messages.info("Waiting for the WAL file " + wal + " from server '" + server.name() + "'"
                + (timeoutSeconds > 0 ? " (max: " + timeoutSeconds + " seconds)" : ""));
        try {
            if (waitFor(arrivalOf(wal), timeoutSeconds, signals)) {
                return true;
            }
            messages.error("The WAL file " + wal + " has not been received in " + timeoutSeconds + " seconds");
        } catch (TerminatedException e) {
            messages.info("Got " + name(signals) + ". Continuing without waiting for '" + wal + "' to be archived");
        }
        return false;
    }

    /**
     * Waits until any WAL file is archived. That none comes is no error.
     *
     * @param timeoutSeconds the limit, 0 for none
     * @return whether one arrived
     */
    public boolean awaitAny(int timeoutSeconds, TerminationSignals signals) throws BarmanException, IOException {
        messages.info("Waiting for a WAL file from server '" + server.name() + "' to be archived"
                + (timeoutSeconds > 0 ? " (max: " + timeoutSeconds + " seconds)" : ""));
        long before = indexBytes();
        try {
            if (waitFor(() -> indexBytes() > before, timeoutSeconds, signals)) {
                return true;
            }
            messages.info("A WAL file has not been received in " + timeoutSeconds + " seconds");
        } catch (TerminatedException e) {
            messages.info("Got " + name(signals) + ". Continuing without waiting for a WAL file to be archived");
        }
        return false;
    }

    /** A question to another host ten times a second is too much: there the index is read, when it has grown. */
    private Condition arrivalOf(WalSegmentName wal) {
        if (server.directories().walsUrl() == null) {
            Path archived = server.directories().wals().resolve(wal.archivePath());
            return () -> Files.exists(archived);
        }
        LockedXlogDb index = ServerWalIndex.of(server);
        long[] seen = {-1};
        return () -> {
            long bytes = indexBytes();
            if (bytes == seen[0]) {
                return false;
            }
            seen[0] = bytes;
            return index.read(lines -> lines.find(wal.text())).isPresent();
        };
    }

    private interface Condition {
        boolean holds() throws IOException;
    }

    private boolean waitFor(Condition condition, int timeoutSeconds, TerminationSignals signals)
            throws BarmanException, IOException {
        long begin = System.nanoTime();
        long limit = Duration.ofSeconds(timeoutSeconds).toNanos();
        while (true) {
            archive(pendingWals);
            if (condition.holds()) {
                return true;
            }
            if (timeoutSeconds > 0 && System.nanoTime() - begin >= limit) {
                return false;
            }
            signals.sleep(STEP);
        }
    }

    /** Every archived file adds a line to the index, and nothing but a deletion takes one away. */
    private long indexBytes() throws IOException {
        try {
            return Files.size(server.directories().xlogdbFile());
        } catch (NoSuchFileException e) {
            return 0;
        }
    }

    private static String name(TerminationSignals signals) {
        TerminationSignals.Kind kind = signals.received().orElse(TerminationSignals.Kind.INT);
        return kind == TerminationSignals.Kind.INT ? "CTRL-C" : "SIG" + kind;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.file.IoReason;
import dev.barman.object.ObjectStore;
import dev.barman.object.StorageException;
import dev.barman.storage.cloud.WalKeys;
import dev.barman.wal.WalFileName;
import dev.barman.wal.WalPageHeader;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.prefetch.SpooledRestore;
import dev.barman.wal.restore.Callers;
import dev.barman.wal.restore.Destination;
import dev.barman.wal.restore.ReceivedWal;
import dev.barman.wal.restore.RestoreException;
import dev.barman.wal.restore.RestoreException.Reason;
import java.io.IOException;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Fetches one WAL file from a bucket.
 *
 * <p>The file appears at its destination complete, durable, uncompressed and, if it is a segment, with the size and page header
 * that belong to the name; or it does not appear.
 */
final class CloudWalClient implements SpooledRestore.Direct {
    private final Access access;
    private final WalKeys keys;
    private final String place;
    private final boolean partial;
    private final OptionalLong systemIdentifier;
    private final Callers callers;
    private final CloudLog log;

    /** Opens the bucket. */
    interface Access {
        /** Prepares the access, with the credentials of this moment; nothing is sent yet. */
        ObjectStore open() throws StorageException;
    }

    /**
     * @param access opens the bucket, for every file anew
     * @param keys where the files of the server are in it
     * @param place the bucket and the server in words
     * @param partial whether a partial segment will do for a segment
     * @param systemIdentifier of the cluster that recovers, where it is known
     * @param callers nothing is delivered when they are gone
     * @param log for warnings
     */
    CloudWalClient(
            Access access,
            WalKeys keys,
            String place,
            boolean partial,
            OptionalLong systemIdentifier,
            Callers callers,
            CloudLog log) {
        this.access = access;
        this.keys = keys;
        this.place = place;
        this.partial = partial;
        this.systemIdentifier = systemIdentifier;
        this.callers = callers;
        this.log = log;
    }

    @Override
    public @Nullable WalPageHeader restore(String name, String walDest) throws RestoreException {
        try (Destination destination = Destination.open(walDest)) {
            destination.removeStale();
            try (ObjectStore store = access.open();
                    WalFinder finder = new WalFinder(store, keys, 1)) {
                return fetch(name, destination, new WalFetcher(store, finder));
            } catch (StorageException e) {
                throw notAsked(name, e).duringTransfer();
            }
        }
    }

    private @Nullable WalPageHeader fetch(String name, Destination destination, WalFetcher fetcher)
            throws RestoreException, StorageException {
        ReceivedWal received = new ReceivedWal();
        WalFetcher.Fetched fetched;
        try {
            fetched = fetcher.fetch(
                    WalFileName.parse(name),
                    partial,
                    new WalFetcher.Sink() {
                        @Override
                        public void restart() throws IOException {
                            received.restart();
                            destination.restart();
                        }

                        @Override
                        public void write(byte[] bytes, int offset, int length) throws IOException {
                            received.add(bytes, offset, length);
                            destination.write(bytes, offset, length);
                        }
                    },
                    log::warning);
        } catch (WalFetcher.SinkException e) {
            throw new RestoreException(Reason.NOT_ASKED, "Cannot write WAL_DEST: " + IoReason.alone(e.failure()));
        } catch (WalFetcher.DamagedException e) {
            throw notAsked(name, e);
        } catch (StorageException e) {
            throw e;
        } catch (IOException e) {
            throw notAsked(name, e).duringTransfer();
        }
        if (fetched == null) {
            throw new RestoreException(Reason.ABSENT, "There is no WAL file " + name + " in " + place);
        }
        if (fetched.conflict() != null) {
            log.warning(fetched.conflict() + "; the first one is taken. Look for another cluster that archives under"
                    + " this server name");
        }
        WalSegmentName segment = WalFileName.isSegment(name) ? WalSegmentName.parse(name) : null;
        String problem = received.problem(segment, systemIdentifier);
        if (problem != null) {
            throw new RestoreException(
                    Reason.NOT_ASKED,
                    "The object " + fetched.object().key() + " cannot be WAL file " + name + ": " + problem);
        }
        callers.require();
        try {
            destination.deliver();
        } catch (IOException e) {
            throw new RestoreException(Reason.NOT_ASKED, "Cannot complete WAL_DEST: " + IoReason.alone(e));
        }
        return segment == null ? null : received.header();
    }

    private RestoreException notAsked(String name, IOException e) {
        return new RestoreException(
                Reason.NOT_ASKED, "Cannot fetch WAL file " + name + " from " + place + ": " + e.getMessage());
    }
}

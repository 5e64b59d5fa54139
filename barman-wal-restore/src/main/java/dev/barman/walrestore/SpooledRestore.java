// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import dev.barman.file.AtomicFile;
import dev.barman.file.IoReason;
import dev.barman.process.OwnProcess;
import dev.barman.wal.WalFileName;
import dev.barman.wal.WalPageHeader;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.spool.PrefetchRequests;
import dev.barman.wal.spool.SpoolLocation;
import dev.barman.wal.spool.WalSpool;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Restores with files fetched ahead: hands over what lies in the spool, waits for what a background process is fetching, and
 * otherwise asks the server itself and then starts such a process for what comes next.
 *
 * <p>The background process only makes things faster: whatever happens to it, the file is asked for directly. It answers
 * "not in the archive" only from a question to the server that was put after PostgreSQL's.
 */
final class SpooledRestore {
    private static final long POLL_MILLIS = 4;
    /** How often to look whether the background process still lives. */
    private static final long PROBE_MILLIS = 100;
    /** A background process that has neither the file nor an answer for so long hangs. */
    private static final long MAX_WAIT_MILLIS = 60_000;

    /** A known system identifier is kept here for runs outside of a data directory. */
    private static final String SYSTEM_ID = "system-id";

    private final Path base;
    private final Path ofServer;
    private final Path standby;
    private final OptionalLong systemIdentifier;
    private final PrefetchProcess prefetch;
    private final WalRestoreClient client;
    private final PrintStream err;

    /**
     * @param base the directory given by the user
     * @param connection how the server is reached
     * @param server its name in Barman's configuration
     * @param standby the working directory, absolute
     * @param systemIdentifier that of the data directory, where there is one
     * @param prefetch starts the background process
     * @param client asks the server
     * @param err for warnings
     */
    SpooledRestore(
            Path base,
            BarmanConnection connection,
            String server,
            Path standby,
            OptionalLong systemIdentifier,
            PrefetchProcess prefetch,
            WalRestoreClient client,
            PrintStream err) {
        this.base = base;
        this.ofServer = SpoolLocation.ofServer(base, connection.host(), server);
        this.standby = standby;
        this.systemIdentifier = systemIdentifier.isPresent() ? systemIdentifier : remembered();
        this.prefetch = prefetch;
        this.client = client;
        this.err = err;
    }

    /**
     * Delivers one file.
     *
     * @param name the name asked for
     * @param walDest where to put it
     * @param partial whether a partial segment will do; such a one is fetched directly
     * @throws ClientException in every other case than success; nothing is at the destination then
     * @throws WalRestoreClient.TransferException the same, when the transfer itself failed
     */
    void restore(String name, String walDest, boolean partial)
            throws ClientException, WalRestoreClient.TransferException {
        if (!WalFileName.isSegment(name)) {
            // A new history means that the course of the recovery is about to be decided anew.
            if (WalFileName.isWalFileName(name)) {
                dropSpool();
            }
            client.restore(name, walDest);
            return;
        }
        WalSegmentName segment = WalSegmentName.parse(name);
        WalSpool spool = spool(systemIdentifier);
        boolean served = false;
        if (spool != null) {
            try {
                if (isUsable(spool)) {
                    if (deliver(spool, segment, walDest)) {
                        return;
                    }
                    PrefetchRequests requests = new PrefetchRequests(spool.directory());
                    served = requests.isServed();
                    if (served && await(spool, requests, segment, walDest, partial)) {
                        return;
                    }
                    served = served && requests.isServed();
                }
            } catch (IOException e) {
                warn(e);
            }
        }
        Postmaster postmaster = Postmaster.of(standby);
        WalPageHeader header = client.restore(name, walDest);
        // A server that is ending meanwhile asks for nothing more.
        if (header != null && !served && client.callers().areThere()) {
            prefetchBehind(segment, header, postmaster);
        }
    }

    private @Nullable WalSpool spool(OptionalLong identifier) {
        return identifier.isEmpty()
                ? null
                : new WalSpool(
                        SpoolLocation.ofStandby(ofServer, identifier.getAsLong(), standby), identifier.getAsLong());
    }

    private static boolean isUsable(WalSpool spool) throws IOException {
        try {
            WalSpool.requireOwn(spool.directory());
            return true;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /** Hands over what lies ready. */
    private boolean deliver(WalSpool spool, WalSegmentName name, String walDest) throws ClientException, IOException {
        Path file = spool.find(name);
        if (file == null) {
            return false;
        }
        client.callers().require();
        return Destination.takeOver(file, walDest);
    }

    /** Waits for what the background process fetches. Returns false when the server is to be asked directly. */
    private boolean await(
            WalSpool spool, PrefetchRequests requests, WalSegmentName name, String walDest, boolean partial)
            throws ClientException, IOException, WalRestoreClient.TransferException {
        long process = OwnProcess.pid();
        requests.want(process, name);
        try {
            long start = System.nanoTime();
            long probed = start;
            while (true) {
                // The answer first: the file may have come between the two looks.
                PrefetchRequests.Answer answer = requests.answer(process, name);
                if (deliver(spool, name, walDest)) {
                    return true;
                }
                if (answer == PrefetchRequests.Answer.ABSENT && !partial) {
                    throw new WalRestoreClient.TransferException(new ClientException(
                            RestoreExit.ABSENT, "WAL file '" + name.text() + "' is not in the archive"));
                }
                if (answer != null) {
                    return false;
                }
                long now = System.nanoTime();
                if (now - probed > PROBE_MILLIS * 1_000_000) {
                    probed = now;
                    if (!requests.isServed()) {
                        return false;
                    }
                    if (now - start > MAX_WAIT_MILLIS * 1_000_000) {
                        // Nobody else is to wait as long for the next one.
                        requests.askToStop();
                        return false;
                    }
                }
                Thread.sleep(POLL_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            requests.forget(process);
        }
    }

    /** Starts the background process for what comes after a segment. A failure costs speed only. */
    private void prefetchBehind(WalSegmentName name, WalPageHeader header, Postmaster postmaster) {
        try {
            WalSpool spool = spool(OptionalLong.of(header.systemIdentifier()));
            if (spool == null) {
                return;
            }
            spool.create(base);
            if (!systemIdentifier.equals(OptionalLong.of(header.systemIdentifier()))) {
                AtomicFile.write(
                        ofServer.resolve(SYSTEM_ID),
                        header.systemId().getBytes(StandardCharsets.US_ASCII),
                        "rw-------");
            }
            PrefetchRequests requests = new PrefetchRequests(spool.directory());
            requests.announceStart(prefetch.start(
                    spool.directory(), header.systemIdentifier(), header.segmentSize(), name, postmaster));
        } catch (IOException e) {
            warn(e);
        } catch (RuntimeException e) {
            // The file is delivered, and PostgreSQL is to know it.
            err.println("WARNING: nothing is fetched ahead: " + e);
        }
    }

    private void dropSpool() {
        WalSpool spool = spool(systemIdentifier);
        try {
            if (spool != null && isUsable(spool)) {
                PrefetchRequests requests = new PrefetchRequests(spool.directory());
                if (requests.isServed()) {
                    requests.askToStop();
                }
                spool.clear();
            }
        } catch (IOException e) {
            warn(e);
        }
    }

    private OptionalLong remembered() {
        try {
            Path file = ofServer.resolve(SYSTEM_ID);
            WalSpool.requireOwn(ofServer);
            return OptionalLong.of(
                    Long.parseUnsignedLong(new String(Files.readAllBytes(file), StandardCharsets.US_ASCII).trim()));
        } catch (IOException | NumberFormatException e) {
            // Not known yet: the first file fetched tells.
            return OptionalLong.empty();
        }
    }

    private void warn(IOException e) {
        err.println("WARNING: nothing is fetched ahead, the spool directory cannot be used: " + IoReason.of(e));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.prefetch;

import dev.barman.file.AtomicFile;
import dev.barman.file.IoReason;
import dev.barman.process.OwnProcess;
import dev.barman.wal.WalFileName;
import dev.barman.wal.WalPageHeader;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.restore.Callers;
import dev.barman.wal.restore.Destination;
import dev.barman.wal.restore.RestoreException;
import dev.barman.wal.spool.PrefetchRequests;
import dev.barman.wal.spool.SpoolLocation;
import dev.barman.wal.spool.WalSpool;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Restores with files fetched ahead: hands over what lies in the spool, waits for what a background process is fetching, and
 * otherwise asks the archive itself and then starts such a process for what comes next.
 *
 * <p>The background process only makes things faster: whatever happens to it, the file is asked for directly. It answers
 * "not in the archive" only from a question to the archive that was put after PostgreSQL's.
 */
public final class SpooledRestore {
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
    private final PrefetchStart prefetch;
    private final Direct direct;
    private final Callers callers;
    private final Consumer<String> warnings;

    /** Asks the archive itself. */
    public interface Direct {
        /**
         * Delivers one file.
         *
         * @param name the name asked for
         * @param walDest where to put it
         * @return the first page's header of a segment, null for other files and where it cannot be read
         * @throws RestoreException in every other case than success
         */
        @Nullable
        WalPageHeader restore(String name, String walDest) throws RestoreException;
    }

    /**
     * @param base the directory given by the user
     * @param ofServer that of the archive below it, see {@link SpoolLocation#ofServer}
     * @param standby the working directory, absolute
     * @param systemIdentifier that of the data directory, where there is one
     * @param prefetch starts the background process
     * @param direct asks the archive
     * @param callers who waits for the file
     * @param warnings for what only makes things slower
     */
    public SpooledRestore(
            Path base,
            Path ofServer,
            Path standby,
            OptionalLong systemIdentifier,
            PrefetchStart prefetch,
            Direct direct,
            Callers callers,
            Consumer<String> warnings) {
        this.base = base;
        this.ofServer = ofServer;
        this.standby = standby;
        this.systemIdentifier = systemIdentifier.isPresent() ? systemIdentifier : remembered();
        this.prefetch = prefetch;
        this.direct = direct;
        this.callers = callers;
        this.warnings = warnings;
    }

    /**
     * Delivers one file.
     *
     * @param name the name asked for
     * @param walDest where to put it
     * @param partial whether a partial segment will do for which the background process does not look; it is fetched directly then
     * @throws RestoreException in every other case than success; nothing is at the destination then
     */
    public void restore(String name, String walDest, boolean partial) throws RestoreException {
        if (!WalFileName.isSegment(name)) {
            // A new history means that the course of the recovery is about to be decided anew.
            if (WalFileName.isWalFileName(name)) {
                dropSpool();
            }
            direct.restore(name, walDest);
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
        WalPageHeader header = direct.restore(name, walDest);
        // A server that is ending meanwhile asks for nothing more.
        if (header != null && !served && callers.areThere()) {
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
    private boolean deliver(WalSpool spool, WalSegmentName name, String walDest) throws RestoreException, IOException {
        Path file = spool.find(name);
        if (file == null) {
            return false;
        }
        callers.require();
        return Destination.takeOver(file, walDest);
    }

    /** Waits for what the background process fetches. Returns false when the archive is to be asked directly. */
    private boolean await(
            WalSpool spool, PrefetchRequests requests, WalSegmentName name, String walDest, boolean partial)
            throws RestoreException, IOException {
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
                    throw new RestoreException(
                                    RestoreException.Reason.ABSENT,
                                    "WAL file '" + name.text() + "' is not in the archive")
                            .duringTransfer();
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
            warnings.accept("nothing is fetched ahead: " + e);
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
        warnings.accept("nothing is fetched ahead, the spool directory cannot be used: " + IoReason.of(e));
    }
}

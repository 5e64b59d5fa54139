// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.core.BackupException;
import dev.barman.core.BarmanException;
import dev.barman.core.PostgresException;
import dev.barman.core.backup.BackupLabel;
import dev.barman.core.backup.ServerFacts;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.catalog.Tablespace;
import dev.barman.core.postgres.ConcurrentBackup;
import dev.barman.core.postgres.PostgresClient;
import dev.barman.core.signal.TerminatedException;
import dev.barman.core.signal.TerminationSignals;
import dev.barman.file.IoReason;
import dev.barman.object.ObjectKey;
import dev.barman.object.StorageException;
import dev.barman.wal.BackupLabelFileName;
import dev.barman.wal.Lsn;
import dev.barman.wal.TimelineId;
import dev.barman.wal.WalFileName;
import dev.barman.wal.WalSegmentName;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One backup of a running server: PostgreSQL is told to begin, its files are sent, PostgreSQL is told to end, what that gives is added, and last of all
 * comes {@code backup.info}, which makes it a backup. After a failure or a signal nothing remains but a {@code backup.info} with the reason; only where
 * that cannot be stored either, complete archives stay. One use.
 */
final class CloudBackupRun {
    /** The original's name for every server. */
    private static final String SERVER_NAME = "cloud";

    private static final Duration VERIFY_EVERY = Duration.ofSeconds(10);
    private static final Duration TELL_EVERY = Duration.ofMinutes(1);

    private final CloudSession session;
    private final CloudLog log;
    private final CloudBackupOptions options;
    private final ConcurrentBackup backup;
    private final PostgresClient client;
    private final TerminationSignals signals;
    private final BackupId id;
    private final NewBackupInfo metadata;
    private final long beginNanos = System.nanoTime();
    private BackupInfo info;
    private final Object connection = new Object();
    private long verifiedNanos = System.nanoTime();
    private @Nullable BarmanException over;
    private boolean inRecovery;
    /** WAL of the backup that PostgreSQL was not told to wait for. */
    private List<WalFileName> unarchived = List.of();

    private CloudBackupRun(
            CloudSession session,
            CloudBackupOptions options,
            ConcurrentBackup backup,
            TerminationSignals signals,
            BackupId id) {
        this.session = session;
        this.log = session.log();
        this.options = options;
        this.backup = backup;
        this.client = backup.client();
        this.signals = signals;
        this.id = id;
        this.metadata = new NewBackupInfo(session, options.upload().tags(), signals);
        this.info = BackupInfo.builder(id)
                .serverName(SERVER_NAME)
                .backupName(options.name())
                .status(BackupStatus.FAILED)
                .build();
    }

    /**
     * Makes a backup.
     *
     * @param backup the server, not connected yet; closed by the caller
     * @param clock in the zone that ids are in
     * @return the exit code
     * @throws CloudException when there is no connection to the server, or it is not fit for a backup; nothing was stored then
     */
    static int run(
            CloudSession session,
            CloudBackupOptions options,
            ConcurrentBackup backup,
            TerminationSignals signals,
            Clock clock)
            throws CloudException, IOException {
        try {
            backup.client().ping();
            if (!backup.client().version().isSupported()) {
                throw new CloudException(
                        CloudExit.FAILED,
                        "PostgreSQL " + backup.client().version()
                                + " is not supported: version 9.6 or later is needed");
            }
        } catch (PostgresException e) {
            throw new CloudException(CloudExit.FAILED, "Cannot connect to postgres: " + e.getMessage());
        }
        BackupId id = BackupId.next(clock, usedIds(session));
        return new CloudBackupRun(session, options, backup, signals, id).run();
    }

    /** Without permission to list, the time alone must do; that nothing is replaced is seen to all the same. */
    private static Set<BackupId> usedIds(CloudSession session) throws StorageException {
        try {
            return session.catalog().usedIds();
        } catch (StorageException e) {
            if (e.reason() != StorageException.Reason.DENIED) {
                throw e;
            }
            session.log().info("The ids of other backups are not known: " + e.getMessage());
            return Set.of();
        }
    }

    private int run() throws IOException {
        log.info("Starting backup '" + id + "'");
        try (CloudBackupUpload upload = new CloudBackupUpload(
                session.store(), session.catalog().keys(), id, options.upload(), false, signals)) {
            Optional<String> failure;
            try {
                failure = attempt(upload);
            } catch (BackupArchiveWriter.TakenException e) {
                giveIdUp(upload, e);
                return CloudExit.FAILED;
            }
            if (failure.isPresent() && !fail(upload, failure.get())) {
                return CloudExit.FAILED;
            }
        }
        log.info("Backup end at LSN: " + info.endXlog() + " (" + info.endWal() + ", "
                + String.format("%08X", info.endOffset()) + ")");
        log.info("Backup completed (id: " + id + ", elapsed time: "
                + Duration.ofNanos(System.nanoTime() - beginNanos).toSeconds() + " seconds)");
        return CloudExit.OK;
    }

    /** The id is another backup's, and so is its backup.info. */
    private void giveIdUp(CloudBackupUpload upload, BackupArchiveWriter.TakenException e) {
        log.error("Backup failed uploading data (" + e.getMessage() + "); try again");
        List<ObjectKey> left = upload.discard();
        if (!left.isEmpty()) {
            log.warning("These objects of this attempt could not be removed. They do not belong to the other backup "
                    + id + ", but would be taken for parts of it: " + left);
        }
    }

    /** Makes the backup; returns the reason when that fails. */
    private Optional<String> attempt(CloudBackupUpload upload) throws IOException {
        try {
            take(upload);
            return Optional.empty();
        } catch (BackupArchiveWriter.TakenException e) {
            throw e;
        } catch (TerminatedException e) {
            return Optional.of(signals.received().map(CloudBackupRun::words).orElse(String.valueOf(e.getMessage())));
        } catch (IOException e) {
            return Optional.of(interruptedOr(IoReason.of(e)));
        } catch (BarmanException e) {
            return Optional.of(interruptedOr(String.valueOf(e.getMessage())));
        } catch (RuntimeException | Error e) {
            fail(upload, e.toString());
            throw e;
        }
    }

    /** A failure after a signal is its consequence. */
    private String interruptedOr(String reason) {
        return signals.received().map(CloudBackupRun::words).orElse(reason);
    }

    private static String words(TerminationSignals.Kind kind) {
        return kind == TerminationSignals.Kind.INT ? kind.cause() : "SIG" + kind;
    }

    private void take(CloudBackupUpload upload) throws IOException, BarmanException {
        signals.check();
        ServerFacts facts = start();
        Long clusterBytes = info.clusterSize();
        upload.prepare(clusterBytes == null ? 0 : clusterBytes);
        BackupTreeWriter tree = new BackupTreeWriter(BackupTreeWriter.Source.LIVE, this::check, log);
        Path pgdata = Utf8Path.of(facts.dataDirectory());
        ClusterCopy copy = new ClusterCopy(upload, options.upload().suffix(), tree, facts, log);
        copy.addTablespaces(info.tablespaces());
        BackupArchiveWriter data = copy.addData();
        String label = stop();
        log.info("Uploading 'backup_label' file to 'data.tar' with path 'backup_label'");
        tree.addText(data, "backup_label", label, pgdata);
        data.finish();
        // The archive may take its time while the last parts are sent.
        awaitArchive();
        log.info("Marking all the uploaded archives as 'completed'");
        upload.complete();
        double seconds = (System.nanoTime() - beginNanos) / 1e9;
        info = info.toBuilder()
                .copyStats(upload.statistics(seconds))
                .status(BackupStatus.DONE)
                .build();
        log.info("Uploading '" + session.catalog().keys().info(id) + "'");
        metadata.saveLast(info);
    }

    private ServerFacts start() throws BarmanException {
        inRecovery = client.isInRecovery();
        BackupInfo.Builder record = info.toBuilder().systemid(client.systemIdentifier());
        ServerFacts facts = ServerFacts.read(client, "this connection", record);
        info = record.build();
        for (Tablespace tablespace : info.tablespaces()) {
            log.info("\t" + tablespace.oid() + ", " + tablespace.name() + ", " + tablespace.location());
        }
        record.beginTime(client.now());
        Lsn begin;
        try (LongQuery ignored =
                longWait("PostgreSQL has been working on the checkpoint that begins the backup for %d seconds"
                        + " (--immediate-checkpoint makes it faster)")) {
            begin = backup.start("Barman backup " + SERVER_NAME + " " + id, options.immediateCheckpoint());
        }
        TimelineId timeline = client.checkpointTimeline();
        info = record.beginXlog(begin)
                .timeline(timeline)
                .beginWal(WalSegmentName.containing(timeline, begin, info.xlogSegmentSize()))
                .beginOffset(begin.offset(info.xlogSegmentSize()))
                .build();
        return facts;
    }

    /**
     * Between two pieces of the copy: a backup that the server has given up with the connection is not worth going on. Asked by all threads that
     * copy, while nobody else uses the connection; when it is lost or given up, none of them uses it any more.
     */
    private void check() throws BarmanException {
        signals.check();
        synchronized (connection) {
            if (over != null) {
                throw over;
            }
            long now = System.nanoTime();
            if (now - verifiedNanos > VERIFY_EVERY.toNanos()) {
                try {
                    backup.verify();
                } catch (BarmanException e) {
                    over = e;
                    throw e;
                }
                verifiedNanos = now;
            }
        }
    }

    private String stop() throws BarmanException {
        signals.check();
        log.info("Stopping backup '" + id + "'");
        boolean wait = !backup.canAwaitArchive();
        ConcurrentBackup.End end;
        try (LongQuery ignored =
                wait ? archiveWait() : longWait("PostgreSQL has been ending the backup for %d seconds")) {
            end = backup.stop(wait);
        }
        BackupLabel label = BackupLabel.parse(end.label())
                .orElseThrow(
                        () -> new BackupException("PostgreSQL gave a backup_label without a start: " + end.label()));
        TimelineId timeline = label.startWal().timeline();
        info = info.toBuilder()
                .backupLabel(label.text())
                .timeline(timeline)
                .beginXlog(label.startLsn())
                .beginWal(label.startWal())
                .beginOffset(label.startLsn().offset(info.xlogSegmentSize()))
                .endTime(client.now())
                .endXlog(end.lsn())
                .endWal(WalSegmentName.containing(timeline, end.lsn(), info.xlogSegmentSize()))
                .endOffset(end.lsn().offset(info.xlogSegmentSize()))
                .build();
        if (!wait) {
            unarchived = List.of(
                    WalSegmentName.containing(timeline, Lsn.of(end.lsn().value() - 1), info.xlogSegmentSize()),
                    BackupLabelFileName.of(label.startWal(), label.startLsn().offset(info.xlogSegmentSize())));
        }
        return label.text();
    }

    private LongQuery longWait(String message) {
        return new LongQuery(backup, signals, log, TELL_EVERY, message);
    }

    private LongQuery archiveWait() {
        return longWait(
                "The WAL of the backup has not been archived for %d seconds: if that does not end, look for failures of"
                        + " archive_command or archive_library in the log of PostgreSQL");
    }

    /** Nothing of the backup is visible before its WAL is archived. */
    private void awaitArchive() throws BarmanException {
        signals.check();
        if (!unarchived.isEmpty()) {
            try (LongQuery ignored = archiveWait()) {
                backup.awaitArchive(unarchived);
            }
        }
        if (!inRecovery) {
            afterStop();
        }
    }

    /** The backup is complete without both. */
    private void afterStop() {
        try {
            client.switchWal();
            client.createRestorePoint("barman_" + id);
            log.info("Restore point 'barman_" + id + "' successfully created");
        } catch (PostgresException e) {
            log.info("No restore point was created: " + e.getMessage());
        }
    }

    /**
     * Gives up, the server's backup too, and leaves the reason.
     *
     * @return whether the backup is there all the same
     */
    private boolean fail(CloudBackupUpload upload, String reason) {
        synchronized (connection) {
            over = over == null ? new BackupException("the backup was given up") : over;
            backup.close();
        }
        return metadata.giveUp(info, upload, reason.lines().findFirst().orElse(""));
    }
}

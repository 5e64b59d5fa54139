// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.core.BarmanException;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupInfoFormat;
import dev.barman.core.catalog.BackupInfoFormatException;
import dev.barman.core.catalog.Tablespace;
import dev.barman.core.signal.TerminationSignals;
import dev.barman.file.IoReason;
import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectInfo;
import dev.barman.object.ObjectKey;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The command as a hook script that Barman runs behind a backup: sends that backup, a finished copy on this host, under its own id and with its own
 * {@code backup.info}. Barman repeats a retry script until it ends with 0, 62 or 63; a repetition replaces what an earlier attempt has sent. One use.
 */
final class HookBackup {
    private static final String HOOK = "BARMAN_HOOK";
    private static final String PHASE = "BARMAN_PHASE";
    private static final String STATUS = "BARMAN_STATUS";
    /** Without it a restored cluster would begin at the wrong place. */
    private static final String BACKUP_LABEL = "backup_label";

    private static final String PG_CONTROL = "global/pg_control";

    private final CloudSession session;
    private final UploadOptions options;
    private final TerminationSignals signals;
    private final Path directory;
    private final byte[] content;
    private final BackupInfo info;

    private HookBackup(
            CloudSession session,
            UploadOptions options,
            TerminationSignals signals,
            Path directory,
            byte[] content,
            BackupInfo info) {
        this.session = session;
        this.options = options;
        this.signals = signals;
        this.directory = directory;
        this.content = content;
        this.info = info;
    }

    /** Whether the command runs as a hook script. */
    static boolean isHook(Map<String, String> environment) {
        return environment.containsKey(HOOK) && environment.containsKey(PHASE);
    }

    /**
     * Checks that the hook is one this command is made for.
     *
     * @throws CloudException when it is not, or the backup it is about is not one to be sent
     */
    static void check(Map<String, String> environment) throws CloudException {
        String hook = environment.getOrDefault(HOOK, "");
        String phase = environment.getOrDefault(PHASE, "");
        if (!phase.equals("post") || !(hook.equals("backup_script") || hook.equals("backup_retry_script"))) {
            throw new CloudException(
                    CloudExit.OTHER,
                    "barman-cloud-backup called as unsupported hook script: " + phase + " " + hook
                            + "; use it as post_backup_script or post_backup_retry_script");
        }
        for (String name : new String[] {"BARMAN_BACKUP_DIR", "BARMAN_BACKUP_ID", STATUS, "BARMAN_BACKUP_INFO_PATH"}) {
            if (environment.getOrDefault(name, "").isEmpty()) {
                throw new CloudException(
                        CloudExit.OTHER, "barman-cloud-backup called as hook script without the variable " + name);
            }
        }
        String status = environment.getOrDefault(STATUS, "");
        if (!status.equals("DONE")) {
            throw new CloudException(
                    CloudExit.STOP_RETRYING,
                    "barman-cloud-backup called as hook script of a backup with status " + status + ": not sent");
        }
    }

    /**
     * Sends the backup.
     *
     * @param environment checked by {@link #check}
     * @return the exit code
     * @throws CloudException when the backup can never be sent
     */
    static int run(
            CloudSession session, UploadOptions options, Map<String, String> environment, TerminationSignals signals)
            throws CloudException {
        String text = environment.getOrDefault("BARMAN_BACKUP_ID", "");
        Path path = Path.of(environment.getOrDefault("BARMAN_BACKUP_INFO_PATH", ""));
        try {
            byte[] content = Files.readAllBytes(path);
            BackupInfo info =
                    BackupInfoFormat.parse(content, BackupId.of(text), path.toString(), session.server(), null);
            checkSendable(info);
            Path directory = Path.of(environment.getOrDefault("BARMAN_BACKUP_DIR", ""));
            new HookBackup(session, options, signals, directory, content, info).send();
            return CloudExit.OK;
        } catch (IllegalArgumentException | BackupInfoFormatException e) {
            session.log().error("Cannot send backup '" + text + "': " + e.getMessage());
        } catch (IOException e) {
            session.log().error("Cannot send backup '" + text + "': " + IoReason.of(e));
        } catch (BarmanException e) {
            session.log()
                    .error("Cannot send backup '" + text + "': "
                            + (signals.received().isPresent() ? "interrupted by a signal" : e.getMessage()));
        }
        return CloudExit.FAILED;
    }

    /** A repetition would not help. */
    private static void checkSendable(BackupInfo info) throws CloudException {
        String why = null;
        if (info.parentBackupId() != null) {
            why = "it is incremental and of no use without its parent";
        } else if (info.snapshotsInfo() != null) {
            why = "its data is in snapshots";
        } else if (info.compression() != null || info.encryption() != null) {
            why = "it is in tar format: only plain backups can be sent";
        } else if (info.majorVersion() == null) {
            why = "its backup.info has no version";
        }
        if (why != null) {
            throw new CloudException(CloudExit.STOP_RETRYING, "Cannot send backup '" + info.id() + "': " + why);
        }
    }

    /**
     * Removes the archives of an earlier attempt with another compression or another maximum, which a restore could not tell from the right ones. The
     * new ones are all there.
     */
    private void removeStale(BackupKeys keys, List<ObjectKey> sent) throws StorageException, CloudException {
        List<ObjectKey> stale = stale(keys, sent);
        if (stale.isEmpty()) {
            return;
        }
        session.log().info("Removing the archives of an earlier attempt: " + stale);
        try {
            for (StorageException failure : session.store().delete(stale).values()) {
                throw failure;
            }
        } catch (StorageException e) {
            if (e.reason() != StorageException.Reason.DENIED) {
                throw e;
            }
            // Each repetition would send the whole backup, to end here again.
            throw new CloudException(
                    CloudExit.STOP_RETRYING,
                    "Cannot send backup '" + info.id()
                            + "': the archives of an earlier attempt would be taken for parts of it, and may not be"
                            + " removed; remove them, and send the backup again: " + stale + " (" + e.getMessage()
                            + ")");
        }
    }

    /** The archives below the id of the backup that are not those sent; none where nobody may list. */
    private List<ObjectKey> stale(BackupKeys keys, List<ObjectKey> sent) throws StorageException {
        String prefix = keys.prefix(info.id());
        List<ObjectKey> stale = new ArrayList<>();
        try {
            for (ObjectInfo object : session.store().listAll(prefix)) {
                String name = object.key().value().substring(prefix.length());
                if (!sent.contains(object.key())
                        && BackupArchive.parse(name, object).isPresent()) {
                    stale.add(object.key());
                }
            }
        } catch (StorageException e) {
            if (e.reason() != StorageException.Reason.DENIED) {
                throw e;
            }
            session.log()
                    .warning("Whether an earlier attempt has left archives of backup '" + info.id()
                            + "' is not known, as listing is not allowed; with another compression or maximum size they would be in the way of a"
                            + " restore: " + e.getMessage());
        }
        return stale;
    }

    private void send() throws IOException, BarmanException, CloudException {
        session.log().info("Sending backup '" + info.id() + "' from " + directory);
        BackupKeys keys = session.catalog().keys();
        PutOptions put = PutOptions.OVERWRITE.withTags(options.tags());
        try (CloudBackupUpload upload =
                new CloudBackupUpload(session.store(), keys, info.id(), options, true, signals)) {
            BackupTreeWriter tree =
                    new BackupTreeWriter(BackupTreeWriter.Source.FINISHED, signals::check, session.log());
            // One after the other: whatever attempt an object is of, the same files are in it.
            Long size = info.size();
            upload.prepare(ArchivePlan.of(options, size == null ? 0 : size, 0));
            Path data = directory.resolve("data");
            if (!Files.isRegularFile(data.resolve(BACKUP_LABEL))) {
                throw new NoSuchFileException(data.resolve(BACKUP_LABEL).toString());
            }
            for (Tablespace tablespace : info.tablespaces()) {
                String name = Long.toString(tablespace.oid());
                BackupArchiveWriter archive = upload.archive(name);
                tree.addTablespace(archive, directory.resolve(name), String.valueOf(info.majorVersion()));
                archive.finish();
                tree.expectLink(data.resolve("pg_tblspc").resolve(name));
            }
            BackupArchiveWriter archive = upload.archive(BackupArchive.DATA);
            tree.addData(archive, data, BackupExclusions.ofDataDirectory(false));
            tree.addFile(archive, data.resolve(PG_CONTROL), PG_CONTROL);
            archive.finish();
            signals.check();
            upload.complete();
            removeStale(keys, upload.visible());
            session.store().put(keys.info(info.id()), ObjectContent.of(content), put);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.core.BackupException;
import dev.barman.core.BarmanException;
import dev.barman.core.catalog.BackupCatalog;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.config.ServerDirectories;
import dev.barman.core.message.Messages;
import dev.barman.file.IoReason;
import dev.barman.file.LockBusyException;
import dev.barman.file.LockFile;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentRange;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Tests whether all WAL files that make a backup consistent are in the archive itself, and records the result.
 *
 * <p>Only a backup that waits for WAL changes its status. A complete one whose WAL is gone stays what it is, and a message says so: as a
 * failed backup, which is what Barman makes of it, it would no longer protect the WAL that is still there.
 */
public final class CheckBackupService implements WalCheck {
    private final BackupCatalog catalog;
    private final ServerConfig server;
    private final ServerDirectories directories;
    private final Messages messages;

    /** Creates a service for one server. */
    public CheckBackupService(BackupCatalog catalog, ServerConfig server, Messages messages) {
        this.catalog = catalog;
        this.server = server;
        this.directories = server.directories();
        this.messages = messages;
    }

    /** What the files in the archive say about a backup. */
    private record Finding(BackupStatus status, @Nullable String error) {}

    /**
     * Checks a backup under its lock. When another process holds the lock, says so and does nothing.
     *
     * @return the backup after the check
     * @throws BackupException when the backup failed (its validity cannot be checked), or is not there any more
     * @throws BarmanException when it cannot be read or saved, or the archive cannot be listed
     */
    @Override
    public BackupInfo check(BackupId id) throws BarmanException {
        try (LockFile lock = LockFile.tryAcquire(directories.backupLockFile(id.value()))) {
            return update(find(id));
        } catch (LockBusyException e) {
            messages.info("Another process is holding the lock for backup " + id + " of server " + directories.server()
                    + ".");
            return find(id);
        } catch (IOException e) {
            throw new BackupException(
                    "cannot check backup " + id + " of server " + directories.server() + ": " + IoReason.of(e), e);
        }
    }

    private BackupInfo find(BackupId id) throws BarmanException {
        Optional<BackupInfo> backup = catalog.find(id);
        if (backup.isEmpty()) {
            throw new BackupException("Unknown backup '" + id + "' for server '" + directories.server() + "'");
        }
        return backup.get();
    }

    private BackupInfo update(BackupInfo backup) throws BarmanException, IOException {
        if (backup.status() == BackupStatus.FAILED) {
            throw new BackupException("The validity of a failed backup cannot be checked");
        }
        String subject = "backup " + backup.id() + " of server " + directories.server();
        messages.debug("Checking " + subject);
        Finding finding = inspect(backup);
        BackupInfo result = backup;
        if (backup.status() == BackupStatus.WAITING_FOR_WALS) {
            if (finding.status() != backup.status()) {
                BackupInfo.Builder builder = backup.toBuilder().status(finding.status());
                if (finding.error() != null) {
                    builder.error(finding.error());
                }
                result = builder.build();
                catalog.save(result);
            }
            if (finding.error() != null) {
                messages.error("This backup has been marked as FAILED due to the following reason: " + finding.error());
            }
        } else if (backup.status() == BackupStatus.DONE && finding.error() != null) {
            messages.error("The " + subject + " is DONE but cannot be restored: " + finding.error());
        } else if (backup.status() == BackupStatus.DONE && finding.status() != BackupStatus.DONE) {
            messages.warning("The " + subject + " is DONE but its last WAL file " + backup.endWal()
                    + " is not in the archive any more");
        }
        messages.debug("Check finished: the status of " + subject
                + (result.status() == backup.status()
                        ? " remains " + backup.status()
                        : " changed from " + backup.status() + " to " + result.status()));
        return result;
    }

    private Finding inspect(BackupInfo backup) throws BarmanException, IOException {
        WalSegmentName begin = backup.beginWal();
        WalSegmentName end = backup.endWal();
        if (begin == null || end == null) {
            return new Finding(backup.status(), null);
        }
        if (!begin.timeline().equals(end.timeline())) {
            throw new BackupException("the WAL files of backup " + backup.id() + " begin at " + begin + " and end at "
                    + end + ", which is on another timeline");
        }
        ArchivedSegments archive = ArchivedSegments.of(server);
        Optional<WalSegmentName> last = archive.highest(begin.timeline());
        if (last.isEmpty() || last.get().compareTo(begin) < 0) {
            return new Finding(BackupStatus.WAITING_FOR_WALS, null);
        }
        int version = backup.version() == null ? 0 : backup.version();
        for (WalSegmentName segment : WalSegmentRange.of(begin, end, version, backup.xlogSegmentSize())) {
            if (segment.compareTo(last.get()) > 0) {
                break;
            }
            if (!archive.contains(segment)) {
                return new Finding(
                        BackupStatus.FAILED,
                        "At least one WAL file is missing. The first missing WAL file is " + segment);
            }
        }
        return new Finding(end.compareTo(last.get()) <= 0 ? BackupStatus.DONE : BackupStatus.WAITING_FOR_WALS, null);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the data of one server lives.
 *
 * @param server the server's name, which is part of the names of the WAL index and of the lock files
 * @param backup the server's root; also holds {@code meta/} and {@code identity.json}
 * @param basebackups base backups
 * @param wals the WAL archive; with {@code walsUrl} the place of what stays local of it: the WAL index
 * @param walsUrl where the WAL files are when they are not in a directory; null when they are
 * @param incoming where {@code archive_command} drops WAL files
 * @param streaming where {@code pg_receivewal} writes
 * @param errors rejected WAL files
 * @param xlogdb the directory of the WAL index
 * @param locks the directory of lock files
 */
public record ServerDirectories(
        String server,
        Path backup,
        Path basebackups,
        Path wals,
        @Nullable String walsUrl,
        Path incoming,
        Path streaming,
        Path errors,
        Path xlogdb,
        Path locks) {

    /** Returns the directory of metadata that belongs to no single backup's data. */
    public Path meta() {
        return backup.resolve("meta");
    }

    /** Returns the WAL index. */
    public Path xlogdbFile() {
        return xlogdb.resolve(server + "-xlog.db");
    }

    /** Returns the file with the system identifier of the server. */
    public Path identityFile() {
        return backup.resolve("identity.json");
    }

    /** Returns the lock file of a task of this server: {@code .SERVER-TASK.lock}. */
    public Path lockFile(String task) {
        return locks.resolve("." + server + "-" + task + ".lock");
    }

    /** Returns the lock file of one backup: {@code .SERVER-ID.lock}. */
    public Path backupLockFile(String backupId) {
        return lockFile(backupId);
    }

    /** Returns every directory that {@code check} and {@code backup} create when it is missing. */
    public List<Path> toCreate() {
        return List.of(backup, basebackups, errors, incoming, streaming, wals, xlogdb);
    }
}

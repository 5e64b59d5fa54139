// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.catalog.Backups;
import dev.barman.core.catalog.KeepTarget;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The backups of one server as they were when the bucket was read, in ascending order of their ids. Immutable.
 *
 * <p>{@code first} and {@code last} are the oldest and the newest backup whatever their status, as in the original.
 */
final class CloudBackups {
    private final String server;
    private final List<CloudBackup> all;
    private final Map<BackupId, String> unreadable;

    CloudBackups(String server, List<CloudBackup> backups, Map<BackupId, String> unreadable) {
        this.server = server;
        Map<BackupId, CloudBackup> sorted = new TreeMap<>();
        for (CloudBackup backup : backups) {
            sorted.put(backup.info().id(), backup);
        }
        this.all = List.copyOf(sorted.values());
        this.unreadable = Collections.unmodifiableMap(new TreeMap<>(unreadable));
    }

    List<CloudBackup> all() {
        return all;
    }

    /** The ids of backups whose metadata cannot be understood, with the reason. */
    Map<BackupId, String> unreadable() {
        return unreadable;
    }

    Optional<CloudBackup> find(BackupId id) {
        for (CloudBackup backup : all) {
            if (backup.info().id().equals(id)) {
                return Optional.of(backup);
            }
        }
        return Optional.empty();
    }

    /** All but one. */
    CloudBackups without(BackupId id) {
        List<CloudBackup> rest = new ArrayList<>(all);
        rest.removeIf(backup -> backup.info().id().equals(id));
        return new CloudBackups(server, rest, unreadable);
    }

    /** For the rules that look at metadata only. */
    Backups infos() {
        List<BackupInfo> infos = new ArrayList<>();
        for (CloudBackup backup : all) {
            infos.add(backup.info());
        }
        return new Backups(infos);
    }

    /** The keep requests of the backups that have one. */
    Map<BackupId, KeepTarget> keeps() {
        Map<BackupId, KeepTarget> keeps = new HashMap<>();
        for (CloudBackup backup : all) {
            if (backup.keep() != null) {
                keeps.put(backup.info().id(), backup.keep());
            }
        }
        return keeps;
    }

    /**
     * The id that a word on the command line means: {@code first}, {@code oldest}, {@code last}, {@code latest}, {@code last-failed}, a well-formed
     * id whether there is such a backup or not, or the name of a backup.
     *
     * @throws CloudException with exit code 4 when there is no such backup, or several bear the name
     */
    BackupId resolve(String word) throws CloudException {
        if (BackupId.isWellFormed(word)) {
            return BackupId.of(word);
        }
        List<BackupId> matching = new ArrayList<>();
        boolean onlyLast = word.equals("last") || word.equals("latest") || word.equals("last-failed");
        boolean onlyFirst = word.equals("first") || word.equals("oldest");
        for (CloudBackup backup : all) {
            boolean matches = word.equals("last-failed")
                    ? backup.info().status() == BackupStatus.FAILED
                    : onlyLast || onlyFirst || word.equals(backup.info().backupName());
            if (matches) {
                matching.add(backup.info().id());
            }
        }
        if (matching.isEmpty()) {
            throw new CloudException(CloudExit.OTHER, "Unknown backup '" + word + "' for server '" + server + "'");
        }
        if (matching.size() > 1 && !onlyFirst && !onlyLast) {
            throw new CloudException(
                    CloudExit.OTHER,
                    "Multiple backups found matching name '" + word + "' (try using backup ID instead): " + matching);
        }
        return matching.get(onlyLast ? matching.size() - 1 : 0);
    }
}

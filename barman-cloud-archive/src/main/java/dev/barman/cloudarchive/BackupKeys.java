// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.core.catalog.BackupId;
import dev.barman.object.ObjectKey;
import dev.barman.storage.cloud.CloudLocation;
import java.util.List;

/**
 * Where the base backups of one server are in a bucket: {@code PATH/SERVER/base/ID/…}. Immutable.
 *
 * <p>The original has put annotations below {@code PATH//SERVER} when its URL ended with a slash: such keys are read and removed, and never
 * written.
 */
final class BackupKeys {
    private static final String INFO = "backup.info";
    private static final String KEEP = "annotations/keep";

    private final CloudLocation location;
    private final String base;

    /**
     * @throws IllegalArgumentException when the server's name cannot be a segment of a key
     */
    BackupKeys(CloudLocation location, String server) {
        this.location = location;
        this.base = server + "/base";
        if (server.indexOf('/') >= 0) {
            throw new IllegalArgumentException("a server name with a slash: '" + server + "'");
        }
    }

    /** The beginning of the keys of all backups. */
    String prefix() {
        return location.key(base).value() + '/';
    }

    /** The beginnings of the keys of annotations: the right one, and where the path is not empty the one with two slashes. */
    List<String> annotationPrefixes() {
        return location.path().isEmpty() ? List.of(prefix()) : List.of(prefix(), slashedPrefix());
    }

    private String slashedPrefix() {
        return location.path() + "//" + base + '/';
    }

    /** The beginning of the keys of one backup. */
    String prefix(BackupId id) {
        return prefix() + id + '/';
    }

    ObjectKey object(BackupId id, String name) {
        return ObjectKey.of(prefix(id) + name);
    }

    ObjectKey info(BackupId id) {
        return object(id, INFO);
    }

    /** The key of the keep request. */
    ObjectKey keep(BackupId id) {
        return object(id, KEEP);
    }

    /** All keys that a keep request may have. */
    List<ObjectKey> keeps(BackupId id) {
        return location.path().isEmpty()
                ? List.of(keep(id))
                : List.of(keep(id), ObjectKey.of(slashedPrefix() + id + '/' + KEEP));
    }

    /** Whether a key below a backup's prefix is that of the metadata. */
    static boolean isInfo(String name) {
        return name.equals(INFO);
    }

    static boolean isKeep(String name) {
        return name.equals(KEEP);
    }
}

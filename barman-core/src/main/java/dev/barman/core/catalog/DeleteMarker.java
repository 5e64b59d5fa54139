// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import dev.barman.core.BarmanException;
import java.util.Collection;

/** Marks of backups whose deletion has begun: an interrupted one is repeated by hand, or by retention. Immutable. */
public final class DeleteMarker {
    private static final String KEY = "delete_this";

    private final Annotations annotations;

    DeleteMarker(Annotations annotations) {
        this.annotations = annotations;
    }

    /** Whether the deletion of a backup has begun. */
    public boolean isSet(BackupId id) throws BarmanException {
        return annotations.read(id, KEY).isPresent();
    }

    /** Marks a backup; durable when this returns. */
    public void set(BackupId id) throws BarmanException {
        annotations.write(id, KEY, "delete");
    }

    /** Removes the mark; not an error when there is none. */
    public void clear(BackupId id) throws BarmanException {
        annotations.remove(id, KEY);
    }

    /**
     * Removes the marks of backups that no longer exist: a deletion killed at its very end leaves one.
     *
     * @param existing the ids of all backups
     */
    public void clearStale(Collection<BackupId> existing) throws BarmanException {
        for (BackupId id : annotations.annotated(KEY)) {
            if (!existing.contains(id)) {
                clear(id);
            }
        }
    }
}

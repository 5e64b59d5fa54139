// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import dev.barman.core.BarmanException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The requests to keep backups whatever the retention policy says. Immutable; every call looks at the disk. */
public final class KeepAnnotation {
    private static final String KEY = "keep";

    private final Annotations annotations;

    KeepAnnotation(Annotations annotations) {
        this.annotations = annotations;
    }

    /** The raw text of the request; may be empty, or none that this release knows. Such a backup is kept from deletion too. */
    public Optional<String> text(BackupId id) throws BarmanException {
        return annotations.read(id, KEY);
    }

    /**
     * What a retention policy makes of the request: {@code standalone} is {@link KeepTarget#STANDALONE}, any other text
     * {@link KeepTarget#FULL}; an empty one counts as not kept here, as in Barman.
     */
    public Optional<KeepTarget> target(BackupId id) throws BarmanException {
        Optional<String> text = text(id);
        if (text.isEmpty() || text.get().isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(text.get().strip().equals("standalone") ? KeepTarget.STANDALONE : KeepTarget.FULL);
    }

    /** {@link #target} of each of some backups that has one. */
    public Map<BackupId, KeepTarget> targets(Iterable<BackupInfo> backups) throws BarmanException {
        Map<BackupId, KeepTarget> targets = new HashMap<>();
        for (BackupInfo backup : backups) {
            target(backup.id()).ifPresent(target -> targets.put(backup.id(), target));
        }
        return targets;
    }

    /** Requests to keep a backup; durable when this returns. */
    public void keep(BackupId id, KeepTarget target) throws BarmanException {
        annotations.write(id, KEY, target.text());
    }

    /** Takes the request back; not an error when there is none. */
    public void release(BackupId id) throws BarmanException {
        annotations.remove(id, KEY);
    }
}

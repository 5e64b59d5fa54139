// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

/** An event around which hook scripts run. */
public enum HookEvent {
    /** A base backup. */
    BACKUP("backup"),
    /** One WAL file goes into the archive. */
    ARCHIVE("archive"),
    /** One backup is deleted. */
    DELETE("delete"),
    /** One WAL file is removed from the archive. */
    WAL_DELETE("wal_delete"),
    /** A restore. */
    RECOVERY("recovery");

    private final String id;

    HookEvent(String id) {
        this.id = id;
    }

    /** Returns the event as it stands in option names and in {@code BARMAN_HOOK}, for instance {@code wal_delete}. */
    public String id() {
        return id;
    }
}

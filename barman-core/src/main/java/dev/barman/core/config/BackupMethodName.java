// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

/** The values of {@code backup_method}. */
public enum BackupMethodName {
    /** A copy with rsync over ssh. */
    RSYNC("rsync"),
    /** A copy with rsync on the same host. */
    LOCAL_RSYNC("local-rsync"),
    /** A copy with pg_basebackup. */
    POSTGRES("postgres"),
    /** A snapshot of cloud disks. */
    SNAPSHOT("snapshot");

    private final String id;

    BackupMethodName(String id) {
        this.id = id;
    }

    /** Returns the name in the configuration. */
    public String id() {
        return id;
    }

    static BackupMethodName fromId(String id) {
        for (BackupMethodName method : values()) {
            if (method.id.equals(id)) {
                return method;
            }
        }
        throw new IllegalArgumentException("not a backup method: " + id);
    }
}

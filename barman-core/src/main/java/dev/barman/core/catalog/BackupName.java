// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import java.util.Set;

/** Friendly names of backups: not empty, not of the form of an id, not a word with a meaning of its own. */
public final class BackupName {
    private static final Set<String> RESERVED =
            Set.of("latest", "last", "oldest", "first", "last-failed", "latest-full", "last-full", "auto");

    private BackupName() {}

    /**
     * Checks a name.
     *
     * @return the name
     * @throws IllegalArgumentException saying why it is none
     */
    public static String check(String name) {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("Backup name cannot be empty");
        }
        if (BackupId.isWellFormed(name)) {
            throw new IllegalArgumentException("Backup name '" + name + "' is not allowed: backup ID");
        }
        if (RESERVED.contains(name)) {
            throw new IllegalArgumentException("Backup name '" + name + "' is not allowed: reserved word");
        }
        return name;
    }
}

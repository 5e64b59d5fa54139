// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import java.util.Set;
import java.util.regex.Pattern;

/**
 * What of a cluster's files does not belong into a backup: PostgreSQL makes it anew when it starts, or it is meaningless elsewhere, or it would do
 * harm in a copy. A directory whose content is left out stays as an empty one. Immutable.
 */
final class BackupExclusions {
    /** Directories at the root of the data directory whose content is left out. */
    private static final Set<String> EMPTY_AT_ROOT = Set.of("pg_wal", "pg_xlog", "log", "pg_log");

    /** Directories anywhere whose content is left out. */
    private static final Set<String> EMPTY_ANYWHERE = Set.of(
            "pg_dynshmem", "pg_notify", "pg_replslot", "pg_serial", "pg_stat_tmp", "pg_snapshots", "pg_subtrans");

    private static final Set<String> NAMES = Set.of(
            "postgresql.auto.conf.tmp",
            "current_logfiles.tmp",
            "postmaster.pid",
            "postmaster.opts",
            "recovery.conf",
            "standby.signal");

    /** Files that belong to another backup than this one; those of a finished copy are its own. */
    private static final Set<String> OF_ANOTHER_BACKUP = Set.of("backup_label", "tablespace_map", "backup_manifest");

    private static final String TEMPORARY_PREFIX = "pgsql_tmp";
    private static final String RELATION_CACHE = "pg_internal.init";
    private static final Pattern TEMPORARY_RELATION = Pattern.compile("t\\d+_\\d+(_(fsm|vm|init))?(\\.\\d+)?");
    private static final Pattern DATABASE = Pattern.compile("(?:base|PG_[^/]+)/\\d+");

    private final boolean data;
    private final boolean live;

    private BackupExclusions(boolean data, boolean live) {
        this.data = data;
        this.live = live;
    }

    /**
     * Those of a data directory.
     *
     * @param live whether it is that of a running server, not a finished copy
     */
    static BackupExclusions ofDataDirectory(boolean live) {
        return new BackupExclusions(true, live);
    }

    /** Those of a tablespace. */
    static BackupExclusions ofTablespace() {
        return new BackupExclusions(false, false);
    }

    /**
     * Whether a file or directory, with all that is in it, is left out.
     *
     * @param parent the path of its directory relative to the root, empty for the root itself; not left out itself
     * @param name its name
     */
    boolean excludes(String parent, String name) {
        if (leavesEmpty(parent)
                || NAMES.contains(name)
                || name.startsWith(TEMPORARY_PREFIX)
                || name.startsWith(RELATION_CACHE)) {
            return true;
        }
        if (data && parent.isEmpty() && live && OF_ANOTHER_BACKUP.contains(name)) {
            return true;
        }
        if (data && parent.equals("global") && name.equals("pg_control")) {
            // Not left out but late: it comes after everything else.
            return true;
        }
        return TEMPORARY_RELATION.matcher(name).matches()
                && DATABASE.matcher(parent).matches();
    }

    /** Whether the content of a directory is left out. */
    private boolean leavesEmpty(String directory) {
        return EMPTY_ANYWHERE.contains(directory.substring(directory.lastIndexOf('/') + 1))
                || (data && EMPTY_AT_ROOT.contains(directory));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

/**
 * The SQL that differs between server versions, all in one place. Immutable.
 *
 * <p>PostgreSQL 10 renamed {@code xlog} to {@code wal} and {@code location} to {@code lsn}; 15 renamed the backup functions;
 * 11 gave {@code wal_segment_size} a unit of bytes; 13 replaced {@code wal_keep_segments}.
 */
final class PostgresSql {

    private final PostgresVersion version;
    private final boolean wal;

    PostgresSql(PostgresVersion version) {
        this.version = version;
        this.wal = version.isAtLeast(10);
    }

    static final String VERSION = "SELECT current_setting('server_version_num')::int,"
            + " split_part(version(), ' ', 2), split_part(version(), ' ', 1), current_user::text";

    static final String IN_RECOVERY = "SELECT pg_is_in_recovery()";

    static final String SYSTEM_IDENTIFIER = "SELECT system_identifier::text FROM pg_control_system()";

    static final String CHECKPOINT_TIMELINE = "SELECT timeline_id FROM pg_control_checkpoint()";

    static final String CLUSTER_SIZE = "SELECT sum(pg_tablespace_size(oid))::bigint FROM pg_tablespace";

    static final String TABLESPACES = "SELECT spcname::text, oid::bigint, pg_tablespace_location(oid)"
            + " FROM pg_tablespace WHERE pg_tablespace_location(oid) <> '' ORDER BY spcname";

    static final String SLOT = "SELECT slot_name::text, active, restart_lsn::text FROM pg_replication_slots"
            + " WHERE slot_type = 'physical' AND slot_name = ?";

    static final String ARCHIVER = "SELECT archived_count, last_archived_wal, last_archived_time, failed_count,"
            + " last_failed_wal, last_failed_time, stats_reset, extract(epoch FROM now() - stats_reset)::float8"
            + " FROM pg_stat_archiver";

    /**
     * The server's own zone. The driver sends its zone when it connects and thereby hides the server's {@code TimeZone};
     * {@code log_timezone} is set to the same zone by initdb and distributions, and superusers may look into the file.
     */
    static final String CONFIGURED_TIME_ZONE =
            "SELECT coalesce((SELECT setting FROM pg_file_settings WHERE lower(name) = 'timezone' AND applied"
                    + " ORDER BY seqno DESC LIMIT 1), current_setting('log_timezone'))";

    static final String LOG_TIME_ZONE = "SELECT current_setting('log_timezone')";

    /** The present offset of a zone from UTC in seconds. */
    static final String ZONE_OFFSET =
            "SELECT extract(epoch FROM (now() AT TIME ZONE ?) - (now() AT TIME ZONE 'UTC'))::int";

    static final String NOW = "SELECT now()";

    static final String CONFIGURATION_FILES =
            "SELECT name, setting FROM pg_settings WHERE name IN ('config_file', 'hba_file', 'ident_file')";

    static final String INCLUDED_FILES = "SELECT DISTINCT sourcefile FROM pg_settings WHERE sourcefile IS NOT NULL"
            + " AND sourcefile <> (SELECT setting FROM pg_settings WHERE name = 'config_file') ORDER BY sourcefile";

    static final String SETTING = "SELECT current_setting(name) FROM pg_settings WHERE name = ?";

    /** Settings of {@link ServerSettings}: name and the form SHOW prints; hidden and unknown ones give no row. */
    String settings() {
        return "SELECT name, current_setting(name) FROM pg_settings WHERE name IN ('wal_level', 'hot_standby',"
                + " 'max_wal_senders', 'max_replication_slots', 'data_checksums', 'wal_compression', '" + walKeep()
                + "', 'data_directory', 'synchronous_standby_names', 'archive_mode', 'archive_command',"
                + " 'summarize_wal')";
    }

    /** Settings as plain numbers: archive_timeout and checkpoint_timeout in seconds, the segment size in bytes. */
    String numericSettings() {
        return "SELECT (SELECT setting::int FROM pg_settings WHERE name = 'archive_timeout'),"
                + " (SELECT setting::int FROM pg_settings WHERE name = 'checkpoint_timeout'), (" + walSegmentSize()
                + ")";
    }

    String walSegmentSize() {
        return version.isAtLeast(11)
                ? "SELECT setting::bigint FROM pg_settings WHERE name = 'wal_segment_size'"
                : "SELECT setting::bigint * (SELECT setting::bigint FROM pg_settings WHERE name = 'wal_block_size')"
                        + " FROM pg_settings WHERE name = 'wal_segment_size'";
    }

    String walKeep() {
        return version.isAtLeast(13) ? "wal_keep_size" : "wal_keep_segments";
    }

    /** Position, segment name and offset of a server not in recovery. */
    String currentPosition() {
        return positionOf(wal ? "pg_current_wal_lsn" : "pg_current_xlog_location");
    }

    /** The same for the position where the next record goes. */
    String insertPosition() {
        return positionOf(wal ? "pg_current_wal_insert_lsn" : "pg_current_xlog_insert_location");
    }

    private String positionOf(String function) {
        return "SELECT p.lsn::text, f.file_name, f.file_offset FROM (SELECT " + function + "() AS lsn) p, "
                + (wal ? "pg_walfile_name_offset" : "pg_xlogfile_name_offset") + "(p.lsn) f";
    }

    /** The last position replayed by a server in recovery. */
    String replayPosition() {
        return "SELECT " + (wal ? "pg_last_wal_replay_lsn" : "pg_last_xlog_replay_location") + "()::text";
    }

    String switchFunction() {
        return wal ? "pg_switch_wal" : "pg_switch_xlog";
    }

    String switchWal() {
        return "SELECT " + switchFunction() + "()::text";
    }

    /**
     * From PostgreSQL 17 the functions name the following segment for a position on a boundary; Barman keeps to the segment
     * that ends there, as older servers answer.
     */
    boolean namesFollowingSegmentOnBoundary() {
        return version.isAtLeast(17);
    }

    /** One row: superuser, backup, monitoring, checkpoint. */
    String privileges() {
        if (!wal) {
            return "SELECT usesuper, usesuper, usesuper, usesuper FROM pg_user WHERE usename = current_user";
        }
        String monitoring = "(pg_has_role(current_user, 'pg_monitor', 'MEMBER')"
                + " OR pg_has_role(current_user, 'pg_read_all_settings', 'MEMBER')"
                + " AND pg_has_role(current_user, 'pg_read_all_stats', 'MEMBER'))";
        boolean renamed = version.isAtLeast(15);
        String start = may(renamed ? "pg_backup_start(text,bool)" : "pg_start_backup(text,bool,bool)");
        String stop = renamed
                ? may("pg_backup_stop(bool)")
                : "(" + may("pg_stop_backup()") + " OR " + may("pg_stop_backup(bool,bool)") + ")";
        return "SELECT usesuper, usesuper OR (" + monitoring + " AND " + start + " AND " + stop + " AND "
                + may("pg_switch_wal()") + " AND " + may("pg_create_restore_point(text)") + "), usesuper OR "
                + monitoring + ", usesuper OR EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'pg_checkpoint'"
                + " AND pg_has_role(current_user, oid, 'MEMBER')) FROM pg_user WHERE usename = current_user";
    }

    private static String may(String function) {
        return "has_function_privilege(current_user, '" + function + "', 'EXECUTE')";
    }

    /** Name of the function that starts a concurrent backup; its arguments are label and fast, before 15 also exclusive. */
    String startFunction() {
        return version.isAtLeast(15) ? "pg_backup_start" : "pg_start_backup";
    }

    /** Name of the function that stops a backup. */
    String stopFunction() {
        return version.isAtLeast(15) ? "pg_backup_stop" : "pg_stop_backup";
    }

    /** Starts a concurrent backup: label, fast; gives its position. */
    String startBackup() {
        return "SELECT " + startFunction() + (version.isAtLeast(15) ? "(?, ?::bool)" : "(?, ?::bool, false)")
                + "::text";
    }

    /**
     * Ends the backup of the session: position and the content of {@code backup_label}.
     *
     * @param wait whether for its WAL to be archived; before 10 the server always waits
     */
    String stopBackup(boolean wait) {
        String arguments =
                version.isAtLeast(15) ? "(" + wait + ")" : version.isAtLeast(10) ? "(false, " + wait + ")" : "(false)";
        return "SELECT lsn::text, labelfile FROM " + stopFunction() + arguments;
    }

    /** Whether {@link #UNARCHIVED} may be asked. */
    String showsArchive() {
        // One of the functions came with 12, and before 12.3 both failed when a file vanished meanwhile. Not every fork
        // has them.
        return version.compareTo(PostgresVersion.of(120_003)) >= 0
                ? "SELECT coalesce(has_function_privilege(to_regprocedure('pg_ls_archive_statusdir()'), 'EXECUTE')"
                        + " AND has_function_privilege(to_regprocedure('pg_ls_waldir()'), 'EXECUTE'), false)"
                : "SELECT false";
    }

    /**
     * How many of the named files of {@code pg_wal} are not archived yet, none where nothing is to be archived: the argument is an array of names.
     * As the server itself decides it, a file that is gone was archived.
     */
    static final String UNARCHIVED = "WITH s AS MATERIALIZED (SELECT name FROM pg_ls_archive_statusdir())"
            + " SELECT count(*) FROM unnest(?::text[]) AS f (name) WHERE current_setting('archive_mode') <> 'off'"
            + " AND NOT EXISTS (SELECT FROM s WHERE s.name = f.name || '.done')"
            + " AND (EXISTS (SELECT FROM s WHERE s.name = f.name || '.ready')"
            + " OR EXISTS (SELECT FROM pg_ls_waldir() w WHERE w.name = f.name))";
}

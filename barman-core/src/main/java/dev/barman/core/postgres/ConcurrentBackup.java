// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import dev.barman.core.PostgresException;
import dev.barman.wal.Lsn;
import dev.barman.wal.WalFileName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A backup that PostgreSQL itself is told to begin and to end ({@code pg_backup_start}, {@code pg_backup_stop}; before 15
 * {@code pg_start_backup}, {@code pg_stop_backup}), beside others that may run at the same time. The server ends it when the
 * connection is lost, so that everything from start to stop goes over one connection and is never repeated on another.
 *
 * <p>Not thread-safe, but for {@link #cancel()}.
 */
public final class ConcurrentBackup implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ConcurrentBackup.class);

    private static final String NO_LIMITS = "SELECT set_config(name, '0', false) FROM pg_settings"
            + " WHERE name IN ('statement_timeout', 'idle_session_timeout', 'transaction_timeout')";

    private static final long MIN_POLL_MILLIS = 10;
    private static final long MAX_POLL_MILLIS = 2000;

    private final JdbcPostgresClient client;
    private final Object running = new Object();
    private final CountDownLatch cancelled = new CountDownLatch(1);
    private @Nullable PreparedStatement statement;
    private boolean started;

    /**
     * The end of a backup.
     *
     * @param lsn its last position
     * @param label the content of {@code backup_label}, which belongs into the copy
     */
    public record End(Lsn lsn, String label) {}

    /** Reads one row. */
    private interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }

    /**
     * A client that connects when first used.
     *
     * @param connInfo where to connect
     * @param environment where defaults come from
     */
    public ConcurrentBackup(ConnInfo connInfo, PostgresEnvironment environment) {
        this.client = new JdbcPostgresClient(connInfo, environment);
    }

    /** What the server may be asked before, during and after the backup, over the same connection. */
    public PostgresClient client() {
        return client;
    }

    /**
     * Begins the backup. Waits for a checkpoint, which the server spreads over minutes unless it is to be fast.
     *
     * @param label a text that the label will have
     * @param fast whether the checkpoint is to be made as quickly as possible
     * @return the first position of the backup
     * @throws PostgresException also when it was cancelled
     */
    public Lsn start(String label, boolean fast) throws PostgresException {
        Connection connection = client.pin();
        // What a role or database is given for its usual work: the checkpoint, the copy and the wait for the archive
        // take longer.
        query("lifting the time limits of the session", connection, NO_LIMITS, row -> row.getString(1));
        String sql = client.sql().startBackup();
        Lsn lsn = query(
                "starting the backup",
                connection,
                sql,
                row -> Lsn.parse(row.getString(1)),
                label,
                fast ? "true" : "false");
        started = true;
        return lsn;
    }

    /**
     * Makes sure that the connection stands, and with it the backup.
     *
     * @throws PostgresConnectionException when it was lost
     */
    public void verify() throws PostgresException {
        client.ping();
    }

    /**
     * Whether {@link #awaitArchive} can take the place of the wait of {@link #stop}: the server is not in recovery, is PostgreSQL 12.3 or later, and
     * lets this user look at what it has archived, as it does superusers and members of {@code pg_monitor}.
     */
    public boolean canAwaitArchive() throws PostgresException {
        Connection connection = client.pin();
        return !client.isInRecovery()
                && query(
                        "asking whether the server tells what is archived",
                        connection,
                        client.sql().showsArchive(),
                        row -> row.getBoolean(1));
    }

    /**
     * Ends the backup.
     *
     * @param wait whether to wait, a second or more, until the server has archived its WAL, without limit when archiving fails. Without its WAL the
     *     backup is of no use: who does not wait here must {@linkplain #awaitArchive wait} later. PostgreSQL 9.6 always waits
     * @return the end
     * @throws PostgresException also when it was cancelled; the server then goes on with the backup until {@link #close}
     */
    public End stop(boolean wait) throws PostgresException {
        Connection connection = client.pin();
        End end = query(
                "stopping the backup",
                connection,
                client.sql().stopBackup(wait),
                row -> new End(Lsn.parse(row.getString(1)), row.getString(2)));
        started = false;
        return end;
    }

    /**
     * Waits until the server has archived files of {@code pg_wal}, without limit when archiving fails. Does not wait where {@code archive_mode} is off.
     *
     * @param files after {@link #stop} the segment where the backup ends, and the file that the server writes about it
     * @throws PostgresException also when it was cancelled
     */
    public void awaitArchive(List<WalFileName> files) throws PostgresException {
        Connection connection = client.pin();
        String names = files.stream().map(WalFileName::text).collect(Collectors.joining(",", "{", "}"));
        for (long poll = MIN_POLL_MILLIS; ; poll = Math.min(2 * poll, MAX_POLL_MILLIS)) {
            long begin = System.nanoTime();
            long left =
                    query("asking what is archived", connection, PostgresSql.UNARCHIVED, row -> row.getLong(1), names);
            if (left == 0) {
                return;
            }
            // The server looks at every file that is to be archived, and there may be very many.
            long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
            pause(Math.max(poll, 10 * took));
        }
    }

    /** Ends early when the wait is cancelled, which the next query tells. */
    private void pause(long millis) throws PostgresException {
        try {
            cancelled.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PostgresException("waiting for the archive was interrupted");
        }
    }

    private <T> T query(String doing, Connection connection, String sql, RowReader<T> reader, String... arguments)
            throws PostgresException {
        try (PreparedStatement made = connection.prepareStatement(sql)) {
            for (int i = 0; i < arguments.length; i++) {
                made.setString(i + 1, arguments[i]);
            }
            synchronized (running) {
                if (cancelled.getCount() == 0) {
                    throw new PostgresException(doing + " was cancelled");
                }
                statement = made;
            }
            try (ResultSet rows = made.executeQuery()) {
                rows.next();
                return reader.read(rows);
            } finally {
                synchronized (running) {
                    statement = null;
                }
            }
        } catch (SQLException e) {
            throw JdbcPostgresClient.failure(doing, e);
        }
    }

    /** Makes {@link #start}, {@link #stop} or {@link #awaitArchive} fail, whether it runs now or comes later. May be called from any thread. */
    public void cancel() {
        synchronized (running) {
            cancelled.countDown();
            if (statement != null) {
                try {
                    statement.cancel();
                } catch (SQLException e) {
                    // Closing the connection is what is left, and that comes next in any case.
                    LOG.debug("cannot cancel: {}", e.getMessage());
                }
            }
        }
    }

    /** Closes the connection, which ends a backup that was not stopped. Never throws. */
    @Override
    public void close() {
        if (started) {
            LOG.debug("the backup is given up");
        }
        client.close();
    }
}

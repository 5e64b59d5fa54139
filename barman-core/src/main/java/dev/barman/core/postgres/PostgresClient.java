// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import dev.barman.core.PostgresException;
import dev.barman.core.catalog.Tablespace;
import dev.barman.wal.TimelineId;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;

/**
 * One regular (not replication) connection to a PostgreSQL server and what Barman asks over it.
 *
 * <p>The connection is made by the first method that needs it, and made again when it was lost. Every method throws
 * {@link PostgresConnectionException} when there is no connection, {@link MissingPrivilegesException} where it says so, and
 * {@link PostgresException} for every other failure; messages never hold a password. Not thread-safe.
 */
public interface PostgresClient extends AutoCloseable {

    /** Makes the connection unless it stands, and proves it with a query. */
    void ping() throws PostgresException;

    /** The server's version; asked once. */
    PostgresVersion version() throws PostgresException;

    /** The name of the connected user, for messages. */
    String user() throws PostgresException;

    /** Everything the status commands show; read once and kept until {@link #forgetStatus()}. */
    ServerStatus status() throws PostgresException;

    /** Makes the next {@link #status()} ask the server again. */
    void forgetStatus();

    /** What the connected user may do. */
    Privileges privileges() throws PostgresException;

    /** Whether the server is in recovery. */
    boolean isInRecovery() throws PostgresException;

    /** The current WAL position; on a server in recovery the last one replayed, without a segment name. */
    WalPosition currentPosition() throws PostgresException;

    /** The server's clock, with the offset of the server's own time zone. */
    OffsetDateTime now() throws PostgresException;

    /** The timeline of the last checkpoint. */
    TimelineId checkpointTimeline() throws PostgresException;

    /** The size of a WAL segment. */
    WalSegmentSize walSegmentSize() throws PostgresException;

    /** The cluster's identifier, decimal. */
    String systemIdentifier() throws PostgresException;

    /** Tablespaces outside the data directory, by name. */
    List<Tablespace> tablespaces() throws PostgresException;

    /** The configuration files. */
    ConfigurationFiles configurationFiles() throws PostgresException;

    /** The sum of the sizes of all tablespaces. Needs backup privileges. */
    long clusterSizeBytes() throws PostgresException;

    /**
     * The value of one setting as {@code SHOW} prints it.
     *
     * @return empty if the server has no such setting or hides it from the user
     */
    Optional<String> setting(String name) throws PostgresException;

    /** A physical replication slot, if it exists. */
    Optional<ReplicationSlot> replicationSlot(String name) throws PostgresException;

    /** The archiver's statistics. */
    ArchiverStatistics archiverStatistics() throws PostgresException;

    /**
     * Closes the current WAL segment.
     *
     * @return the segment that was closed, or empty if nothing had been written to it
     * @throws MissingPrivilegesException if the user has no backup privileges
     * @throws PostgresException also if the server is in recovery
     */
    Optional<WalSegmentName> switchWal() throws PostgresException;

    /**
     * Issues {@code CHECKPOINT}.
     *
     * @throws MissingPrivilegesException if the user may not
     */
    void checkpoint() throws PostgresException;

    /**
     * Creates a named restore point.
     *
     * @param name at most 63 bytes
     */
    void createRestorePoint(String name) throws PostgresException;

    /** Closes the connection; never throws, and the next method connects again. */
    @Override
    void close();
}

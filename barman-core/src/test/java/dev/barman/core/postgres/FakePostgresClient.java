// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import dev.barman.core.PostgresException;
import dev.barman.core.catalog.Tablespace;
import dev.barman.wal.Lsn;
import dev.barman.wal.TimelineId;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A server that exists in memory: version 15, one timeline, a position that moves when told to. Fields are for the test to set. */
public final class FakePostgresClient implements PostgresClient {
    public PostgresVersion version = PostgresVersion.of(150018);
    public Privileges privileges = new Privileges(true, true, true, true);
    public boolean inRecovery;
    public Lsn position = Lsn.parse("0/5000060");
    public WalSegmentSize segmentSize = WalSegmentSize.DEFAULT;
    public String systemIdentifier = "7710210665329484190";
    public OffsetDateTime now = OffsetDateTime.parse("2026-11-20T11:19:48.640297Z");
    public List<Tablespace> tablespaces = List.of();
    public Map<String, String> settings = new HashMap<>(Map.of("data_directory", "/pg/data", "data_checksums", "off"));
    public Map<String, ReplicationSlot> slots = new HashMap<>();

    /** When set, every method fails with it. */
    public PostgresException failure;

    /** What was asked of the server that changes it, in order. */
    public final List<String> actions = new ArrayList<>();

    private void check() throws PostgresException {
        if (failure != null) {
            throw failure;
        }
    }

    @Override
    public void ping() throws PostgresException {
        check();
    }

    @Override
    public PostgresVersion version() throws PostgresException {
        check();
        return version;
    }

    @Override
    public String user() {
        return "barman";
    }

    @Override
    public ServerStatus status() throws PostgresException {
        check();
        return new ServerStatus(
                version,
                version.toString(),
                privileges,
                inRecovery,
                currentPosition(),
                clusterSizeBytes(),
                systemIdentifier,
                new ServerSettings(
                        settings.getOrDefault("wal_level", "replica"),
                        "on",
                        "10",
                        "10",
                        settings.get("data_checksums"),
                        "off",
                        "0",
                        settings.get("data_directory"),
                        ServerSettings.standbyNames(settings.getOrDefault("synchronous_standby_names", "")),
                        settings.getOrDefault("archive_mode", "on"),
                        settings.getOrDefault("archive_command", "cp %p /x/%f"),
                        null,
                        0,
                        300,
                        segmentSize),
                configurationFiles(),
                archiverStatistics());
    }

    @Override
    public void forgetStatus() {
        // Nothing is kept.
    }

    @Override
    public Privileges privileges() throws PostgresException {
        check();
        return privileges;
    }

    @Override
    public boolean isInRecovery() throws PostgresException {
        check();
        return inRecovery;
    }

    @Override
    public WalPosition currentPosition() throws PostgresException {
        check();
        if (inRecovery) {
            return new WalPosition(position, null, 0);
        }
        long offset = position.offset(segmentSize);
        Lsn inside = offset == 0 ? Lsn.of(position.value() - 1) : position;
        return new WalPosition(position, WalSegmentName.containing(TimelineId.of(1), inside, segmentSize), offset);
    }

    @Override
    public OffsetDateTime now() throws PostgresException {
        check();
        return now;
    }

    @Override
    public TimelineId checkpointTimeline() {
        return TimelineId.of(1);
    }

    @Override
    public WalSegmentSize walSegmentSize() throws PostgresException {
        check();
        return segmentSize;
    }

    @Override
    public String systemIdentifier() throws PostgresException {
        check();
        return systemIdentifier;
    }

    @Override
    public List<Tablespace> tablespaces() throws PostgresException {
        check();
        return tablespaces;
    }

    @Override
    public ConfigurationFiles configurationFiles() throws PostgresException {
        check();
        return new ConfigurationFiles(
                "/pg/data/postgresql.conf", "/pg/data/pg_hba.conf", "/pg/data/pg_ident.conf", List.of());
    }

    @Override
    public long clusterSizeBytes() throws PostgresException {
        check();
        return 39016025;
    }

    @Override
    public Optional<String> setting(String name) throws PostgresException {
        check();
        return Optional.ofNullable(settings.get(name));
    }

    @Override
    public Optional<ReplicationSlot> replicationSlot(String name) throws PostgresException {
        check();
        return Optional.ofNullable(slots.get(name));
    }

    @Override
    public ArchiverStatistics archiverStatistics() throws PostgresException {
        check();
        return new ArchiverStatistics(0, null, null, 0, null, null, null, 0);
    }

    @Override
    public Optional<WalSegmentName> switchWal() throws PostgresException {
        check();
        actions.add("switch");
        if (!privileges.backup()) {
            throw new MissingPrivilegesException("Postgres user 'barman' is missing required privileges (see"
                    + " \"Preliminary steps\" in the Barman manual)");
        }
        long offset = position.offset(segmentSize);
        if (offset == 0) {
            return Optional.empty();
        }
        WalSegmentName closed = WalSegmentName.containing(TimelineId.of(1), position, segmentSize);
        position = Lsn.of(position.value() - offset + segmentSize.bytes());
        return Optional.of(closed);
    }

    @Override
    public void checkpoint() throws PostgresException {
        check();
        actions.add("checkpoint");
        if (!privileges.checkpoint()) {
            throw new MissingPrivilegesException("may not checkpoint");
        }
    }

    @Override
    public void createRestorePoint(String name) throws PostgresException {
        check();
        actions.add("restore point " + name);
    }

    @Override
    public void close() {
        actions.add("close");
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.core.PostgresException;
import dev.barman.core.catalog.Tablespace;
import dev.barman.core.postgres.StreamingConnection.SlotCreation;
import dev.barman.core.postgres.StreamingConnection.SlotRemoval;
import dev.barman.core.testing.PostgresCluster;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The connections against a real server that asks for passwords over TCP and trusts its socket. */
class JdbcPostgresClientIT {

    private static PostgresCluster cluster;

    @TempDir
    Path home;

    @BeforeAll
    static void startServer() throws IOException {
        cluster = PostgresCluster.create(1)
                .configure("timezone = 'Asia/Kolkata'", "log_timezone = 'Asia/Kolkata'", "ssl = off");
        Path hba = cluster.data().resolve("pg_hba.conf");
        Files.writeString(
                hba, "host all limited 127.0.0.1/32 scram-sha-256\n" + Files.readString(hba, StandardCharsets.UTF_8));
        cluster.start();
        cluster.sql("set password_encryption = 'scram-sha-256'; create role limited login password 'p:w\\d'");
        cluster.sql("create role helper login in role pg_monitor");
        cluster.sql("grant execute on function pg_backup_start(text, bool) to helper");
        cluster.sql("grant execute on function pg_backup_stop(bool) to helper");
        cluster.sql("grant execute on function pg_switch_wal() to helper");
        cluster.sql("grant execute on function pg_create_restore_point(text) to helper");
    }

    @AfterAll
    static void stopServer() throws IOException {
        cluster.close();
    }

    private PostgresEnvironment environment(Map<String, String> variables) {
        return new PostgresEnvironment(variables, home, "nobody", List.of(cluster.directory()), List.of());
    }

    private JdbcPostgresClient client(String conninfo) {
        return new JdbcPostgresClient(ConnInfo.parse(conninfo), environment(Map.of()));
    }

    private String tcp(String user) {
        return "host=127.0.0.1 port=" + cluster.port() + " dbname=postgres user=" + user;
    }

    @Test
    void statusTellsWhatTheServerIs() throws Exception {
        try (JdbcPostgresClient client = client(tcp("postgres"))) {
            ServerStatus status = client.status();
            assertThat(status.versionText()).isEqualTo(cluster.sql("select split_part(version(), ' ', 2)"));
            assertThat(status.version().number()).isEqualTo(Integer.parseInt(cluster.sql("show server_version_num")));
            assertThat(status.privileges()).isEqualTo(new Privileges(true, true, true, true));
            assertThat(status.inRecovery()).isFalse();
            assertThat(status.systemIdentifier())
                    .isEqualTo(cluster.sql("select system_identifier from pg_control_system()"));
            assertThat(status.currentSizeBytes()).isGreaterThan(1_000_000);
            ServerSettings settings = status.settings();
            assertThat(settings.walLevel()).isEqualTo("replica");
            assertThat(settings.maxWalSenders()).isEqualTo("10");
            assertThat(settings.dataDirectory()).isEqualTo(cluster.data().toString());
            assertThat(settings.archiveMode()).isEqualTo("off");
            assertThat(settings.archiveCommand()).isEqualTo("(disabled)");
            assertThat(settings.synchronousStandbyNames()).containsExactly("");
            assertThat(settings.checkpointTimeoutSeconds()).isEqualTo(300);
            assertThat(settings.walSegmentSize()).isEqualTo(WalSegmentSize.of(1 << 20));
            assertThat(settings.walKeep()).isEqualTo("0");
            assertThat(status.files().configFile())
                    .isEqualTo(cluster.data().resolve("postgresql.conf").toString());
            assertThat(status.position().segment()).isPresent();
            assertThat(client.status()).as("kept").isSameAs(status);
            client.forgetStatus();
            assertThat(client.status()).isNotSameAs(status);
        }
    }

    @Test
    void clockHasTheOffsetOfTheServerAndNotOfThisMachine() throws Exception {
        try (JdbcPostgresClient client = client(tcp("postgres"))) {
            assertThat(client.now().getOffset()).isEqualTo(ZoneOffset.ofHoursMinutes(5, 30));
        }
        try (JdbcPostgresClient client = client(tcp("helper"))) {
            assertThat(client.now().getOffset()).isEqualTo(ZoneOffset.ofHoursMinutes(5, 30));
        }
        try (JdbcPostgresClient client =
                new JdbcPostgresClient(ConnInfo.parse(tcp("postgres")), environment(Map.of("PGTZ", "UTC")))) {
            assertThat(client.now().getOffset()).isEqualTo(ZoneOffset.UTC);
        }
    }

    @Test
    void switchNamesTheSegmentItClosedOrNothing() throws Exception {
        try (JdbcPostgresClient client = client(tcp("postgres"))) {
            client.createRestorePoint("something_to_switch");
            WalSegmentName current = client.currentPosition().segment().orElseThrow();
            assertThat(client.switchWal()).contains(current);
            assertThat(client.switchWal()).isEmpty();
            WalPosition boundary = client.currentPosition();
            assertThat(boundary.offsetBytes()).isZero();
            assertThat(boundary.segment()).as("the segment that ends there").contains(current);
        }
    }

    @Test
    void privilegesFollowGrants() throws Exception {
        try (JdbcPostgresClient client = client(tcp("helper"))) {
            assertThat(client.privileges()).isEqualTo(new Privileges(false, true, true, false));
            assertThat(client.status().currentSizeBytes()).isNotNull();
            assertThat(client.status().settings().dataDirectory())
                    .isEqualTo(cluster.data().toString());
            client.createRestorePoint("by_helper");
            assertThat(client.switchWal()).isPresent();
            assertThatThrownBy(client::checkpoint)
                    .isInstanceOf(MissingPrivilegesException.class)
                    .hasMessageContaining("'helper'");
        }
        try (JdbcPostgresClient client = client(tcp("limited") + " password='p:w\\\\d'")) {
            assertThat(client.privileges()).isEqualTo(new Privileges(false, false, false, false));
            ServerStatus status = client.status();
            assertThat(status.settings().dataDirectory()).isNull();
            assertThat(status.currentSizeBytes()).isNull();
            assertThat(status.files().configFile()).isNull();
            assertThat(status.settings().walLevel()).isEqualTo("replica");
            assertThatThrownBy(client::switchWal)
                    .isInstanceOf(MissingPrivilegesException.class)
                    .hasMessage("Postgres user 'limited' is missing required privileges (see \"Preliminary steps\" in"
                            + " the Barman manual)");
        }
    }

    @Test
    void socketDirectoryAsHostAndNoHostAtAll() throws Exception {
        for (String host : new String[] {"host=" + cluster.directory() + " ", ""}) {
            try (JdbcPostgresClient client = client(host + "port=" + cluster.port() + " user=postgres")) {
                assertThat(client.user()).isEqualTo("postgres");
                assertThat(client.clusterSizeBytes()).isPositive();
            }
        }
        try (JdbcPostgresClient client = client(
                "host=" + cluster.directory() + " port=" + cluster.port() + " user=postgres requirepeer=nobody")) {
            assertThatThrownBy(client::ping)
                    .isInstanceOf(PostgresConnectionException.class)
                    .hasMessageContaining("requirepeer");
        }
    }

    @Test
    void uriAndSeveralHostsWork() throws Exception {
        int dead = PostgresCluster.freePort();
        try (JdbcPostgresClient client =
                client("postgresql://postgres@127.0.0.1:" + dead + ",127.0.0.1:" + cluster.port() + "/postgres")) {
            assertThat(client.isInRecovery()).isFalse();
        }
        try (JdbcPostgresClient client = client("host=no.such.name.invalid hostaddr=127.0.0.1 port=" + cluster.port()
                + " user=postgres target_session_attrs=read-write")) {
            assertThat(client.isInRecovery()).isFalse();
        }
    }

    @Test
    void passwordFileServesConnectionsAndWrongPasswordsAreNotShown() throws Exception {
        Path file = home.resolve(".pgpass");
        Files.writeString(file, "127.0.0.1:" + cluster.port() + ":postgres:limited:p\\:w\\\\d\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        try (JdbcPostgresClient client = client(tcp("limited"))) {
            assertThat(client.user()).isEqualTo("limited");
        }
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        try (JdbcPostgresClient client = client(tcp("limited"))) {
            assertThatThrownBy(client::ping).isInstanceOf(PostgresConnectionException.class);
        }
        try (JdbcPostgresClient client = client(tcp("limited") + " password=topsecret")) {
            assertThatThrownBy(client::ping)
                    .isInstanceOf(PostgresConnectionException.class)
                    .hasMessageContaining("password authentication failed")
                    .hasMessageNotContaining("topsecret");
        }
    }

    @Test
    void lostConnectionIsMadeAgain() throws Exception {
        try (JdbcPostgresClient client = client(tcp("postgres") + " application_name=victim")) {
            client.ping();
            assertThat(cluster.sql("select count(*) from pg_stat_activity where application_name = 'victim'"))
                    .isEqualTo("1");
            cluster.sql(
                    "select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'victim'");
            client.ping();
            assertThat(client.isInRecovery()).isFalse();
        }
        try (JdbcPostgresClient client = client(tcp("postgres"))) {
            client.ping();
            assertThat(cluster.sql("select count(*) from pg_stat_activity where application_name = 'barman'"))
                    .isEqualTo("1");
        }
    }

    @Test
    void unknownServerIsAConnectionFailure() {
        try (JdbcPostgresClient client = client("host=127.0.0.1 port=1 user=postgres")) {
            assertThatThrownBy(client::ping)
                    .isInstanceOf(PostgresConnectionException.class)
                    .hasMessageContaining("\"127.0.0.1\", port 1");
        }
        try (JdbcPostgresClient client = client("host=127.0.0.1 hots=x")) {
            assertThatThrownBy(client::ping).hasMessage("invalid connection option \"hots\"");
        }
    }

    @Test
    void tablespacesSettingsAndSlotsAreRead() throws Exception {
        Path location = cluster.directory().resolve("space one");
        PostgresCluster.asPostgres("mkdir", location.toString());
        cluster.sql("create tablespace spc location '" + location + "'");
        long oid = Long.parseLong(cluster.sql("select oid from pg_tablespace where spcname = 'spc'"));
        try (JdbcPostgresClient client = client(tcp("postgres"));
                JdbcStreamingConnection streaming = new JdbcStreamingConnection(
                        ConnInfo.parse("host=127.0.0.1 user=postgres port=" + cluster.port()), environment(Map.of()))) {
            assertThat(client.tablespaces()).containsExactly(new Tablespace("spc", oid, location.toString()));
            assertThat(client.setting("data_checksums")).contains("off");
            assertThat(client.setting("no_such_setting")).isEmpty();
            assertThat(client.replicationSlot("barman")).isEmpty();
            assertThat(streaming.createPhysicalSlot("barman")).isEqualTo(SlotCreation.CREATED);
            assertThat(streaming.createPhysicalSlot("barman")).isEqualTo(SlotCreation.ALREADY_EXISTS);
            assertThat(client.replicationSlot("barman")).contains(new ReplicationSlot("barman", false, null));
            assertThat(streaming.dropSlot("barman")).isEqualTo(SlotRemoval.DROPPED);
            assertThat(streaming.dropSlot("barman")).isEqualTo(SlotRemoval.NOT_FOUND);
            for (int i = 0; i < 10; i++) {
                assertThat(streaming.createPhysicalSlot("slot_" + i)).isEqualTo(SlotCreation.CREATED);
            }
            assertThat(streaming.createPhysicalSlot("one_more")).isEqualTo(SlotCreation.ALL_IN_USE);
            for (int i = 0; i < 10; i++) {
                assertThat(streaming.dropSlot("slot_" + i)).isEqualTo(SlotRemoval.DROPPED);
            }
            assertThatThrownBy(() -> streaming.createPhysicalSlot("x; DROP"))
                    .isInstanceOf(IllegalArgumentException.class);
            StreamingStatus identity = streaming.identifySystem();
            assertThat(identity.systemIdentifier()).isEqualTo(client.systemIdentifier());
            assertThat(identity.timeline()).isEqualTo(client.checkpointTimeline());
            assertThat(streaming.version()).isEqualTo(client.version());
        }
    }

    @Test
    void streamingConnectionIsRefusedWithAReason() throws Exception {
        try (JdbcStreamingConnection streaming = new JdbcStreamingConnection(
                ConnInfo.parse("host=127.0.0.1 user=helper port=" + cluster.port()), environment(Map.of()))) {
            assertThatThrownBy(streaming::identifySystem)
                    .isInstanceOf(PostgresConnectionException.class)
                    .hasMessageContaining("walsender")
                    .isInstanceOf(PostgresException.class);
        }
    }

    /** What we make of a connection string must be what libpq makes of it: psql tells. */
    @Test
    void valuesMeanToLibpqWhatTheyMeanToUs() throws Exception {
        String prefix = "host=127.0.0.1 port=" + cluster.port() + " user=postgres dbname=postgres ";
        for (String given : Stream.of(
                        "application_name='a b'",
                        "application_name=it\\'s",
                        "application_name='it\\'s'",
                        "application_name='back\\\\slash'",
                        "application_name = spaced",
                        "application_name=a=b",
                        "application_name=one application_name=two")
                .toList()) {
            ConnInfo ours = ConnInfo.parse(prefix + given);
            String theirs = psql(prefix + given);
            assertThat(ours.value("application_name")).as(given).isEqualTo(Optional.of(theirs));
            assertThat(psql(ours.toDsn())).as(ours.toDsn()).isEqualTo(theirs);
        }
        String uri = "postgresql://postgres@127.0.0.1:" + cluster.port() + "/postgres?application_name=a%20%27b%5c";
        assertThat(ConnInfo.parse(uri).value("application_name")).contains(psql(uri));
    }

    private static String psql(String conninfo) throws IOException {
        return PostgresCluster.asPostgres(
                        PostgresCluster.program("psql"), "-XAtq", "-d", conninfo, "-c", "show application_name")
                .stripTrailing();
    }
}

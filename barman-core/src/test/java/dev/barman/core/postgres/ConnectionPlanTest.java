// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConnectionPlanTest {

    @TempDir
    Path home;

    private Path sockets;

    @BeforeEach
    void createSocketDirectory() throws IOException {
        sockets = Files.createDirectory(home.resolve("sockets"));
    }

    private ConnectionPlan plan(String text, Map<String, String> variables) {
        return ConnectionPlan.of(
                ConnInfo.parse(text),
                new PostgresEnvironment(
                        variables,
                        home,
                        "barman",
                        List.of(home.resolve("none"), sockets),
                        List.of(home.resolve("etc"))));
    }

    private ConnectionPlan plan(String text) {
        return plan(text, Map.of());
    }

    private void passwordFile(String content, String mode) throws IOException {
        Path file = home.resolve(".pgpass");
        Files.writeString(file, content);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    }

    @Test
    void userAndDatabaseDefaultToTheSystemUser() {
        assertThat(plan("host=pg").parameters()).containsEntry("user", "barman").containsEntry("dbname", "barman");
        assertThat(plan("host=pg user=u").parameters())
                .containsEntry("user", "u")
                .containsEntry("dbname", "u");
    }

    @Test
    void environmentFillsWhatTheTextLeavesOut() {
        ConnectionPlan plan = plan(
                "user=u",
                Map.of("PGHOST", "pghost", "PGPORT", "6000", "PGUSER", "other", "PGPASSWORD", "pw", "PGDATABASE", "d"));
        assertThat(plan.parameters()).containsEntry("user", "u").containsEntry("dbname", "d");
        assertThat(plan.endpoints()).containsExactly(new Endpoint("pghost", null, 6000, null, "pw"));
    }

    @Test
    void hostsAndPortsPairUp() {
        assertThat(plan("host=a,b port=1,2").endpoints())
                .containsExactly(new Endpoint("a", null, 1, null, null), new Endpoint("b", null, 2, null, null));
        assertThat(plan("host=a,b port=7").endpoints())
                .extracting(Endpoint::port)
                .containsExactly(7, 7);
        assertThat(plan("host=a,b port=,2").endpoints())
                .extracting(Endpoint::port)
                .containsExactly(5432, 2);
        assertThatThrownBy(() -> plan("host=a,b,c port=1,2")).hasMessage("could not match 2 port numbers to 3 hosts");
        assertThatThrownBy(() -> plan("host=a,b hostaddr=10.0.0.1"))
                .hasMessage("could not match 2 host names to 1 hostaddr values");
        assertThatThrownBy(() -> plan("host=a port=70000")).hasMessage("invalid port number: \"70000\"");
    }

    @Test
    void addressKeepsTheHostNameForVerification() {
        assertThat(plan("host=pg.example hostaddr=10.0.0.1").endpoints())
                .containsExactly(new Endpoint("pg.example", "10.0.0.1", 5432, null, null));
        assertThat(plan("hostaddr=10.0.0.1").endpoints())
                .containsExactly(new Endpoint("10.0.0.1", "10.0.0.1", 5432, null, null));
    }

    @Test
    void directoryOfASocketAndNoHostMeanSockets() throws IOException {
        Path socket = Files.createFile(sockets.resolve(".s.PGSQL.5433"));
        assertThat(plan("host=/srv/pg port=5433").endpoints())
                .containsExactly(new Endpoint("/srv/pg", null, 5433, Path.of("/srv/pg/.s.PGSQL.5433"), null));
        assertThat(plan("port=5433").endpoints())
                .containsExactly(new Endpoint(sockets.toString(), null, 5433, socket, null));
        assertThat(plan("port=5434").endpoints())
                .as("no socket anywhere: the first directory, for the message")
                .containsExactly(new Endpoint(
                        home.resolve("none").toString(), null, 5434, home.resolve("none/.s.PGSQL.5434"), null));
    }

    @Test
    void unknownKeywordIsNamed() {
        assertThatThrownBy(() -> plan("host=a hots=b")).hasMessage("invalid connection option \"hots\"");
    }

    @Test
    void passwordFileMatchesFieldsWildcardsAndEscapes() throws IOException {
        passwordFile("""
                # comment
                pg1:5432:db:u:first
                pg1:*:*:u:w\\:ild\\\\card
                a\\:b:5432:*:*:colon
                localhost:5432:*:*:socket
                *:*:replication:*:repl
                """, "rw-------");
        assertThat(password("host=pg1 dbname=db user=u")).isEqualTo("first");
        assertThat(password("host=pg1 dbname=other user=u")).isEqualTo("w:ild\\card");
        assertThat(password("host=a:b dbname=other user=u")).isEqualTo("colon");
        assertThat(password("host=" + sockets + " user=u")).isEqualTo("socket");
        assertThat(password("host=/elsewhere user=u")).isNull();
        assertThat(password("host=pg9 dbname=replication user=u")).isEqualTo("repl");
        assertThat(password("host=pg9 user=u password=given dbname=replication"))
                .isEqualTo("given");
    }

    @Test
    void passwordFileOthersMayReadIsIgnored() throws IOException {
        passwordFile("*:*:*:*:secret\n", "rw-r-----");
        assertThat(password("host=pg")).isNull();
        passwordFile("*:*:*:*:secret\n", "rw-------");
        assertThat(password("host=pg")).isEqualTo("secret");
    }

    @Test
    void everyHostHasItsOwnPassword() throws IOException {
        passwordFile("a:*:*:*:pa\nb:*:*:*:pb\n", "rw-------");
        assertThat(plan("host=a,b").endpoints()).extracting(Endpoint::password).containsExactly("pa", "pb");
    }

    @Test
    void endpointNeverPrintsItsPassword() throws IOException {
        passwordFile("*:*:*:*:topsecret\n", "rw-------");
        assertThat(plan("host=a").endpoints().toString()).doesNotContain("topsecret");
    }

    private String password(String text) {
        return plan(text).endpoints().get(0).password();
    }

    @Test
    void serviceFillsWhatTheTextLeavesOutAndGoesBeforeTheEnvironment() throws IOException {
        Files.writeString(
                home.resolve(".pg_service.conf"),
                "# services\n[other]\nhost=wrong\n\n[svc]\nhost=fromservice\nport=6001\nuser=su\n[tail]\nport=1\n");
        ConnectionPlan plan = plan("service=svc user=u", Map.of("PGPORT", "7000", "PGSSLMODE", "disable"));
        assertThat(plan.endpoints()).containsExactly(new Endpoint("fromservice", null, 6001, null, null));
        assertThat(plan.parameters()).containsEntry("user", "u").containsEntry("sslmode", "disable");
        assertThat(plan("", Map.of("PGSERVICE", "svc")).endpoints().get(0).host())
                .isEqualTo("fromservice");
    }

    @Test
    void serviceIsLookedForInTheSystemFileToo() throws IOException {
        Files.createDirectory(home.resolve("etc"));
        Files.writeString(home.resolve("etc/pg_service.conf"), "[svc]\nhost=system\n");
        assertThat(plan("service=svc").endpoints().get(0).host()).isEqualTo("system");
        assertThatThrownBy(() -> plan("service=nope")).hasMessage("definition of service \"nope\" not found");
        assertThatThrownBy(() -> plan("service=svc", Map.of("PGSYSCONFDIR", home.toString())))
                .as("PGSYSCONFDIR replaces the built-in directories")
                .hasMessage("definition of service \"svc\" not found");
    }

    @Test
    void serviceFileNamedByTheEnvironmentMustExist() {
        assertThatThrownBy(() -> plan("service=svc", Map.of("PGSERVICEFILE", "/nowhere/services")))
                .hasMessage("service file \"/nowhere/services\" cannot be read: no such file or directory");
    }

    @Test
    void malformedServiceLineIsNamedWithoutItsContent() throws IOException {
        Files.writeString(home.resolve(".pg_service.conf"), "[svc]\nhost=a\npassword topsecret\n");
        assertThatThrownBy(() -> plan("service=svc"))
                .hasMessageStartingWith("unsupported line 3 in service file")
                .hasMessageNotContaining("topsecret");
    }
}

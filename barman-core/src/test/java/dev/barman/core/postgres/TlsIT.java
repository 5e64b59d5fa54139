// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.core.testing.PostgresCluster;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** libpq's TLS parameters against a real server that takes TLS connections only and wants a certificate of one user. */
class TlsIT {

    @TempDir
    static Path home;

    private static PostgresCluster cluster;

    @BeforeAll
    static void startServer() throws Exception {
        authority("ca");
        certificate("server", "rsa", "/CN=localhost");
        certificate("client", "ec", "/CN=certified");
        cluster = PostgresCluster.create(1);
        for (String name : new String[] {"server.crt", "server.key", "ca.crt"}) {
            Path copy = cluster.data().resolve(name);
            Files.copy(home.resolve(name), copy);
            Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rw-------"));
            if (PostgresCluster.isRoot()) {
                run("chown", "postgres:", copy.toString());
            }
        }
        cluster.configure("ssl = on", "ssl_ca_file = 'ca.crt'");
        Path hba = cluster.data().resolve("pg_hba.conf");
        Files.writeString(
                hba,
                "hostssl all certified 127.0.0.1/32 cert\nhostssl all encrypted 127.0.0.1/32 trust\n"
                        + "host all encrypted 127.0.0.1/32 reject\n"
                        + Files.readString(hba, StandardCharsets.UTF_8));
        cluster.start();
        cluster.sql("create role certified login; create role encrypted login");
    }

    @AfterAll
    static void stopServer() throws IOException {
        cluster.close();
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }

    private static String file(String name) {
        return home.resolve(name).toString();
    }

    private static void authority(String name) throws Exception {
        run(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=" + name,
                "-keyout",
                file(name + ".key"),
                "-out",
                file(name + ".crt"));
    }

    private static void certificate(String name, String algorithm, String subject) throws Exception {
        if (algorithm.equals("ec")) {
            run(
                    "openssl",
                    "genpkey",
                    "-algorithm",
                    "EC",
                    "-pkeyopt",
                    "ec_paramgen_curve:P-256",
                    "-out",
                    file(name + ".key"));
        } else {
            run(
                    "openssl",
                    "genpkey",
                    "-algorithm",
                    "RSA",
                    "-pkeyopt",
                    "rsa_keygen_bits:2048",
                    "-out",
                    file(name + ".key"));
        }
        run("openssl", "req", "-new", "-key", file(name + ".key"), "-subj", subject, "-out", file(name + ".csr"));
        Files.writeString(home.resolve(name + ".ext"), "subjectAltName=DNS:localhost\n");
        run(
                "openssl",
                "x509",
                "-req",
                "-in",
                file(name + ".csr"),
                "-CA",
                file("ca.crt"),
                "-CAkey",
                file("ca.key"),
                "-CAcreateserial",
                "-days",
                "2",
                "-extfile",
                file(name + ".ext"),
                "-out",
                file(name + ".crt"));
        Files.setPosixFilePermissions(home.resolve(name + ".key"), PosixFilePermissions.fromString("rw-------"));
    }

    private static JdbcPostgresClient client(Path homeDirectory, String user, String more) {
        return new JdbcPostgresClient(
                ConnInfo.parse(
                        "hostaddr=127.0.0.1 port=" + cluster.port() + " dbname=postgres user=" + user + " " + more),
                new PostgresEnvironment(Map.of(), homeDirectory, "nobody", List.of(), List.of()));
    }

    private static void connects(String user, String more) throws Exception {
        try (JdbcPostgresClient client = client(home.resolve("nohome"), user, more)) {
            assertThat(client.user()).isEqualTo(user);
        }
    }

    private static void isRefused(String user, String more) {
        try (JdbcPostgresClient client = client(home.resolve("nohome"), user, more)) {
            assertThatThrownBy(client::ping).isInstanceOf(PostgresConnectionException.class);
        }
    }

    @Test
    void modesMeanWhatTheyMeanToLibpq() throws Exception {
        String ca = " sslrootcert=" + file("ca.crt");
        connects("encrypted", "");
        connects("encrypted", "sslmode=require");
        isRefused("encrypted", "sslmode=disable");
        connects("encrypted", "host=localhost sslmode=verify-full" + ca);
        isRefused("encrypted", "host=elsewhere.example sslmode=verify-full" + ca);
        connects("encrypted", "host=elsewhere.example sslmode=verify-ca" + ca);
        authority("other");
        isRefused("encrypted", "host=localhost sslmode=verify-ca sslrootcert=" + file("other.crt"));
        isRefused("encrypted", "host=localhost sslmode=require sslrootcert=" + file("other.crt"));
    }

    @Test
    void clientCertificateWithAPlainKeyFileServes() throws Exception {
        String ca = " host=localhost sslmode=verify-full sslrootcert=" + file("ca.crt");
        connects("certified", ca + " sslcert=" + file("client.crt") + " sslkey=" + file("client.key"));
        isRefused("certified", ca);
    }

    @Test
    void filesInTheHomeDirectoryAreUsed() throws Exception {
        Path postgresql = Files.createDirectories(home.resolve("user/.postgresql"));
        Files.copy(home.resolve("ca.crt"), postgresql.resolve("root.crt"));
        Files.copy(home.resolve("client.crt"), postgresql.resolve("postgresql.crt"));
        Files.copy(home.resolve("client.key"), postgresql.resolve("postgresql.key"));
        try (JdbcPostgresClient client =
                client(home.resolve("user"), "certified", "host=localhost sslmode=verify-full")) {
            assertThat(client.user()).isEqualTo("certified");
        }
    }

    @Test
    void whatCannotBeCheckedIsRefusedAndNotIgnored() {
        try (JdbcPostgresClient client = client(home, "encrypted", "sslcrl=" + file("ca.crt"))) {
            assertThatThrownBy(client::ping).hasMessageContaining("\"sslcrl\" is not supported");
        }
        try (JdbcPostgresClient client = client(home, "encrypted", "sslrootcert=system sslmode=require")) {
            assertThatThrownBy(client::ping).hasMessageContaining("weak sslmode");
        }
    }
}

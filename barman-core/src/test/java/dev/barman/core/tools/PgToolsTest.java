// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.tools;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.catalog.Tablespace;
import dev.barman.core.config.BackupCompressionConfig;
import dev.barman.core.postgres.ConnInfo;
import dev.barman.core.postgres.PostgresEnvironment;
import dev.barman.core.postgres.PostgresVersion;
import dev.barman.process.Command;
import dev.barman.process.ExecutableSearch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which programs are found, and the words they are called with. */
class PgToolsTest {

    @TempDir
    Path directory;

    private Path program(String path, String script) throws IOException {
        Path file = directory.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return file;
    }

    private static String answering(String version) {
        return "echo 'pg_receivewal (PostgreSQL) " + version + "'";
    }

    private PgTools tools(String... below) {
        StringBuilder prefix = new StringBuilder();
        for (String one : below) {
            prefix.append(prefix.length() == 0 ? "" : ":").append(directory.resolve(one));
        }
        return PgTools.of(ExecutableSearch.of(prefix.toString()), List.of(directory.resolve("dist")));
    }

    @Test
    void programThatDoesNotAnswerIsPassedOver() throws IOException {
        program("shim/pg_combinebackup", "echo 'You must install a client' >&2; exit 1");
        program("odd/pg_combinebackup", "echo hello");
        Path good = program("good/pg_combinebackup", answering("17.2 (Debian 17.2-1)"));
        assertThat(tools("shim", "odd", "good").combineBackup()).contains(new PgTool(good, new ToolVersion("17.2")));
        assertThat(tools("shim", "odd").combineBackup()).isEmpty();
    }

    @Test
    void newestOfTheDistributionIsTheLastResort() throws IOException {
        program("dist/9.6/bin/pg_combinebackup", answering("9.6.24"));
        Path newest = program("dist/17/bin/pg_combinebackup", answering("17.2"));
        program("dist/16/bin/pg_combinebackup", answering("16.6"));
        assertThat(tools("empty").combineBackup().map(PgTool::path)).contains(newest);
        Path configured = program("own/pg_combinebackup", answering("16.1"));
        assertThat(tools("own").combineBackup().map(PgTool::path)).contains(configured);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "pg_basebackup (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)|15.18",
                "pg_basebackup (PostgreSQL) 9.6.24|9.6.24",
                "pg_basebackup (PostgreSQL) 18beta1|18beta1",
                "pg_basebackup (PostgreSQL) 19devel|19devel",
                "pg_basebackup (EnterpriseDB) 13.9.13|13.9.13",
            })
    void versionIsTheSecondWordWithoutParentheses(String answer, String version) {
        assertThat(ToolVersion.parseAnswer(answer)).contains(new ToolVersion(version));
    }

    @ParameterizedTest
    @CsvSource({"hello", "pg_basebackup unknown", "pg_basebackup 15x", "''"})
    void otherAnswersAreNoVersion(String answer) {
        assertThat(ToolVersion.parseAnswer(answer)).isEmpty();
    }

    @Test
    void compatibleMeansNotOlderThanTheServersMajorVersion() {
        PostgresVersion server = PostgresVersion.of(150018);
        assertThat(new ToolVersion("15.1").isCompatibleWith(server)).isTrue();
        assertThat(new ToolVersion("16beta1").isCompatibleWith(server)).isTrue();
        assertThat(new ToolVersion("14.20").isCompatibleWith(server)).isFalse();
        assertThat(new ToolVersion("9.5.1").isCompatibleWith(PostgresVersion.of(90624)))
                .isFalse();
        assertThat(new ToolVersion("9.6.1").isCompatibleWith(PostgresVersion.of(90624)))
                .isTrue();
    }

    private PostgresEnvironment environment() {
        return new PostgresEnvironment(Map.of(), directory, "barman", List.of(), List.of());
    }

    private Command baseBackup(
            String version,
            long rate,
            boolean fast,
            @Nullable BackupCompressionConfig compression,
            Tablespace... spaces) {
        return PgBaseBackupTool.command(
                new PgTool(Path.of("/usr/bin/pg_basebackup"), new ToolVersion(version)),
                new PgBaseBackupTool.Request(
                        ConnInfo.parse("host=pg user=streaming_barman password=topsecret")
                                .toStreaming()
                                .toToolDsn("barman_streaming_backup", environment()),
                        Path.of("/b/20261120T111948"),
                        List.of(spaces),
                        rate,
                        fast,
                        null,
                        compression),
                "/usr/bin");
    }

    @Test
    void baseBackupIsCalledWithBarmansWordsInBarmansOrder() {
        Command command = baseBackup("15.18", 0, true, null);
        assertThat(command.argv())
                .containsExactly(
                        "/usr/bin/pg_basebackup",
                        "--dbname=dbname=replication host=pg options=-cdatestyle=iso replication=true"
                                + " user=streaming_barman application_name=barman_streaming_backup",
                        "-v",
                        "--no-password",
                        "--pgdata=/b/20261120T111948/data",
                        "--no-slot",
                        "--wal-method=none",
                        "--checkpoint=fast");
        assertThat(command.environment())
                .containsEntry("PGPASSWORD", "topsecret")
                .containsEntry("PATH", "/usr/bin");
        assertThat(command.toString()).doesNotContain("topsecret");
    }

    @Test
    void tablespacesRateAndOldClientsChangeTheWords() {
        assertThat(baseBackup("9.6.24", 500, false, null, new Tablespace("a", 16408, "/srv/a=b"))
                        .argv())
                .containsSequence(
                        "--pgdata=/b/20261120T111948/data",
                        "--tablespace-mapping=/srv/a\\=b=/b/20261120T111948/16408",
                        "--max-rate=500")
                .doesNotContain("--no-slot", "--checkpoint=fast");
    }

    @Test
    void compressionIsWrittenAsTheClientUnderstandsIt() {
        assertThat(tail(baseBackup("15.1", 0, false, new BackupCompressionConfig("gzip", null, null, null, null))))
                .containsExactly("--format=tar", "--compress=gzip");
        assertThat(tail(baseBackup("15.1", 0, false, new BackupCompressionConfig("gzip", "plain", 3, "server", null))))
                .containsExactly("--format=plain", "--compress=server-gzip:level=3");
        assertThat(tail(baseBackup("16.1", 0, false, new BackupCompressionConfig("zstd", "tar", 5, "client", 4))))
                .containsExactly("--format=tar", "--compress=client-zstd:level=5,workers=4");
        assertThat(tail(baseBackup("15.1", 0, false, new BackupCompressionConfig("none", null, null, null, null))))
                .containsExactly("--format=tar", "--compress=none");
        assertThat(tail(baseBackup("14.5", 0, false, new BackupCompressionConfig("gzip", null, 9, null, null))))
                .containsExactly("--format=tar", "--compress=9", "--gzip");
        assertThat(tail(baseBackup("14.5", 0, false, new BackupCompressionConfig("none", null, null, null, null))))
                .containsExactly("--format=tar", "--compress=0");
    }

    private static List<String> tail(Command command) {
        return command.argv()
                .subList(
                        command.argv().indexOf("--wal-method=none") + 1,
                        command.argv().size());
    }

    @Test
    void receiverIsCalledWithBarmansWords() {
        ConnInfo.ToolDsn dsn = ConnInfo.parse("host=pg").toStreaming().toToolDsn("barman_receive_wal", environment());
        PgTool tool = new PgTool(Path.of("/usr/bin/pg_receivewal"), new ToolVersion("15.18"));
        assertThat(PgReceiveWal.command(tool, new PgReceiveWal.Request(dsn, Path.of("/s"), "barman", true), "/bin")
                        .argv())
                .containsExactly(
                        "/usr/bin/pg_receivewal",
                        "--dbname=" + dsn.dsn(),
                        "--verbose",
                        "--no-loop",
                        "--no-password",
                        "--directory=/s",
                        "--slot=barman",
                        "--synchronous");
        assertThat(PgReceiveWal.command(tool, new PgReceiveWal.Request(dsn, Path.of("/s"), null, false), "/bin")
                        .argv())
                .endsWith("--directory=/s");
    }
}

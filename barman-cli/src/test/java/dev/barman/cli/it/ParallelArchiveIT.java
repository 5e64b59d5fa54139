// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.barman.core.testing.PostgresCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** PostgreSQL with a backlog and more being written, archived by {@code barman-wal-archive --parallel 8}. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ParallelArchiveIT {
    private static final Path PEER = Path.of("/usr/bin/barman");
    private static final int BACKLOG = 50;

    private BarmanHost host;
    private PostgresCluster primary;

    @BeforeEach
    void startWithoutArchiving() throws IOException {
        host = BarmanHost.create();
        primary = PostgresCluster.create(1)
                .configure("archive_mode = on", "archive_command = ''", "wal_keep_size = '2GB'", "max_wal_size = '4GB'")
                .start();
        host.configure(primary, Map.of("archiver", "on"));
        for (String directory : List.of("base", "wals", "streaming", "errors")) {
            Files.createDirectories(host.home().resolve("main").resolve(directory));
        }
    }

    @AfterEach
    void stop() throws IOException {
        if (primary != null) {
            primary.close();
        }
        host.close();
    }

    private String asPrimary(String program, String... arguments) throws IOException {
        Stream<String> fixed = Stream.of(
                PostgresCluster.program(program), "-h", "127.0.0.1", "-p", "" + primary.port(), "-U", "postgres");
        return PostgresCluster.asPostgres(
                Stream.concat(fixed, Stream.of(arguments)).toArray(String[]::new));
    }

    private List<String> marked(String suffix) throws IOException {
        try (Stream<Path> files = Files.list(primary.data().resolve("pg_wal/archive_status"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(suffix))
                    .map(name -> name.substring(0, name.length() - suffix.length()))
                    .sorted()
                    .toList();
        }
    }

    /** Lets a backlog grow, archives it under load, and returns the names in the order of their archiving. */
    private TreeSet<String> archiveBacklog(String command) throws IOException {
        asPrimary("pgbench", "-i", "-s", "5", "-q", "postgres");
        while (marked(".ready").size() < BACKLOG) {
            primary.sql("insert into pgbench_history select i, i, i, i, now(), 'x' from generate_series(1, 20000) i");
        }
        primary.sql("alter system set archive_command = '" + command.replace("'", "''") + "'");
        primary.reload();
        asPrimary("pgbench", "-c", "2", "-T", "5", "-n", "postgres");
        String last = primary.switchWal();
        primary.await("select last_archived_wal >= '" + last + "' from pg_stat_archiver", "t", 200);
        assertThat(marked(".ready")).isEmpty();
        assertThat(primary.sql("select failed_count from pg_stat_archiver"))
                .as(primary.logText())
                .isEqualTo("0");
        return new TreeSet<>(marked(".done"));
    }

    private void assertArrivedOnce(TreeSet<String> names, Path directory) throws IOException {
        assertThat(names).hasSizeGreaterThan(BACKLOG);
        assertThat(directory.toFile().list()).containsExactlyInAnyOrderElementsOf(names);
        for (String name : names) {
            assertThat(directory.resolve(name))
                    .hasSameBinaryContentAs(primary.data().resolve("pg_wal").resolve(name));
        }
    }

    @Test
    void localServer() throws IOException {
        Path barman = host.wrapperForAnyUser();
        TreeSet<String> names = archiveBacklog(barman.resolveSibling("barman-wal-archive")
                + " --parallel 8 --keep-connection 0 --state-directory " + barman.resolveSibling("state")
                + " --local-command " + barman
                + " - main %p");

        assertArrivedOnce(names, host.incoming());
        // The log names every file that was received, and each of them once.
        assertThat(Files.readAllLines(barman.resolveSibling("put-wal.log")).stream()
                        .filter(line -> line.contains("Received file"))
                        .count())
                .isEqualTo(names.size());

        host.barman("archive-wal", "main").ok();
        assertThat(host.archivedFiles()).containsExactlyElementsOf(names);
        assertThat(host.indexedNames()).containsExactlyElementsOf(names);
        assertThat(host.home().resolve("main/errors")).isEmptyDirectory();
    }

    @ParameterizedTest
    @CsvSource({"ours, ''", "python, --md5"})
    void serverOverSsh(String server, String option) throws Exception {
        assumeTrue(WalRoute.isPossible(), "no sshd here");
        assumeTrue(server.equals("ours") || Files.isExecutable(PEER), "Debian's package barman is not installed");
        try (WalRoute route = WalRoute.open(host, server.equals("ours") ? BarmanHost.launcher() : PEER)) {
            TreeSet<String> names = archiveBacklog(route.archive() + " --parallel 8 --keep-connection 0 " + option
                    + " --state-directory " + route.work().resolve("state") + " 127.0.0.1 main %p");

            assertArrivedOnce(names, host.incoming());
            assertThat(route.connections()).isLessThan(names.size() / 2);
        }
    }
}

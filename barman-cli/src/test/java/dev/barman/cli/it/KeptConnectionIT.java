// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.barman.core.testing.OurProcesses;
import dev.barman.core.testing.PostgresCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** PostgreSQL under load, archived over ssh by {@code barman-wal-archive --keep-connection}, whatever is killed. */
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class KeptConnectionIT {
    private static final Path PEER = Path.of("/usr/bin/barman");
    private static final int KEEP_SECONDS = 5;
    private static final int SECONDS = Integer.parseInt(System.getenv().getOrDefault("SOAK_SECONDS", "40"));

    private BarmanHost host;
    private PostgresCluster primary;

    @BeforeEach
    void startWithoutArchiving() throws IOException {
        assumeTrue(WalRoute.isPossible() && OurProcesses.isPossible(), "needs sshd and /proc");
        host = BarmanHost.create();
        primary = PostgresCluster.create(1)
                .configure("archive_mode = on", "archive_command = ''", "wal_keep_size = '4GB'", "max_wal_size = '4GB'")
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
        if (host != null) {
            host.close();
        }
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

    private void write(int segments) throws IOException {
        primary.sql("create table if not exists load (id int, pad text)");
        for (int i = 0; i < segments; i++) {
            primary.sql("insert into load select g, repeat('x', 400) from generate_series(1, 1500) g");
            primary.switchWal();
        }
    }

    private void archiveWith(String command) throws IOException {
        primary.sql("alter system set archive_command = '" + command.replace("'", "''") + "'");
        primary.reload();
    }

    private void awaitAllArchived() throws IOException {
        String last = primary.switchWal();
        primary.await("select last_archived_wal >= '" + last + "' from pg_stat_archiver", "t", 200);
        assertThat(marked(".ready")).isEmpty();
    }

    private void assertArrivedOnce() throws IOException {
        TreeSet<String> names = new TreeSet<>(marked(".done"));
        assertThat(host.incoming().toFile().list((where, name) -> !name.startsWith(".")))
                .containsExactlyInAnyOrderElementsOf(names);
        for (String name : names) {
            assertThat(host.incoming().resolve(name))
                    .hasSameBinaryContentAs(primary.data().resolve("pg_wal").resolve(name));
        }
        assertThat(host.home().resolve("main/errors")).isEmptyDirectory();
    }

    private String command(WalRoute route, Path state, String more) {
        return route.archive() + " --keep-connection " + KEEP_SECONDS + more + " --state-directory " + state
                + " 127.0.0.1 main %p";
    }

    private OurProcesses processes() {
        return new OurProcesses(host.directory(), List.of("sshd_config"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " --parallel 8", " --zstd --md5"})
    void everySegmentGoesOverOneSession(String more) throws Exception {
        try (WalRoute route = WalRoute.open(host, BarmanHost.launcher())) {
            Path state = route.work().resolve("state");
            archiveWith(command(route, state, more));
            write(40);
            awaitAllArchived();
            if (more.contains("zstd")) {
                host.barman("archive-wal", "main").ok();
                assertThat(host.indexedNames()).containsExactlyElementsOf(new TreeSet<>(marked(".done")));
            } else {
                assertArrivedOnce();
            }
            assertThat(primary.sql("select failed_count from pg_stat_archiver")).isEqualTo("0");
            // One connection that is shared, or is made before there is one to share.
            assertThat(route.connections()).isLessThanOrEqualTo(4);
            // The first call has sent for itself, and maybe one more before the process was there.
            assertThat(route.requests().stream()
                            .filter(request -> request.endsWith("put-wal main"))
                            .count())
                    .isBetween(1L, 8L);
            assertThat(route.requests()).contains("put-wal main --stream");
            assertThat(state.resolve("sender")).exists();
            assertThat(processes().awaitNone(KEEP_SECONDS + 20)).isEmpty();
            assertThat(state.resolve("sender")).doesNotExist();
        }
    }

    @Test
    void pythonServerIsServedByOneCallPerSegment() throws Exception {
        assumeTrue(Files.isExecutable(PEER), "Debian's package barman is not installed");
        try (WalRoute route = WalRoute.open(host, PEER)) {
            Path state = route.work().resolve("state");
            archiveWith(command(route, state, " --md5"));
            write(8);
            awaitAllArchived();
            assertArrivedOnce();
            assertThat(primary.sql("select failed_count from pg_stat_archiver")).isEqualTo("0");
            assertThat(state.resolve("no-stream")).exists();
        }
    }

    @Test
    void processEndsWithThePostgresServer() throws Exception {
        try (WalRoute route = WalRoute.open(host, BarmanHost.launcher())) {
            Path state = route.work().resolve("state");
            archiveWith(command(route, state, "").replace("--keep-connection 5", "--keep-connection 300"));
            write(3);
            awaitAllArchived();
            OurProcesses processes = processes();
            assertThat(senders(processes)).isNotZero();
            primary.close();
            // The shared ssh, which is for all the clusters of this user, stays for its time.
            for (int i = 0; i < 200 && senders(processes) > 0; i++) {
                Thread.sleep(100);
            }
            assertThat(senders(processes)).isZero();
        }
    }

    @Test
    void parallelKeepsItsConnectionByItself() throws Exception {
        try (WalRoute route = WalRoute.open(host, BarmanHost.launcher())) {
            Path state = route.work().resolve("state");
            String keep = " --keep-connection " + KEEP_SECONDS;
            String command = command(route, state, " --parallel 8").replace(keep, "");
            assertThat(command).doesNotContain("keep-connection");
            archiveWith(command);
            write(30);
            awaitAllArchived();
            assertArrivedOnce();
            assertThat(route.connections()).isLessThanOrEqualTo(4);
            assertThat(route.requests()).contains("put-wal main --stream");
            assertThat(senders(processes())).isOne();

            // Told not to, it makes one for each call. The process would still send ahead what the record of its own
            // says.
            int before = route.requests().size();
            archiveWith(command.replace(state.toString(), state + "-other") + " --keep-connection 0");
            write(2);
            awaitAllArchived();
            assertThat(route.requests().subList(before, route.requests().size()))
                    .isNotEmpty()
                    .allMatch(request -> request.endsWith("put-wal main"));
            assertArrivedOnce();
            primary.close();
            for (int i = 0; i < 200 && senders(processes()) > 0; i++) {
                Thread.sleep(100);
            }
            assertThat(senders(processes())).isZero();
        }
    }

    @Test
    void processThatIsStoppedHoldsNobodyUpAndGoesOnLater() throws Exception {
        try (WalRoute route = WalRoute.open(host, BarmanHost.launcher())) {
            Path state = route.work().resolve("state");
            archiveWith(command(route, state, "").replace("--keep-connection 5", "--keep-connection 300"));
            write(3);
            awaitAllArchived();
            String sender = Files.readAllLines(state.resolve("sender")).get(0);
            signal("STOP", sender);
            try {
                long before = route.requests().stream()
                        .filter(request -> request.endsWith("put-wal main"))
                        .count();
                write(3);
                awaitAllArchived();
                assertThat(route.requests().stream().filter(request -> request.endsWith("put-wal main")))
                        .hasSizeGreaterThanOrEqualTo((int) before + 3);
            } finally {
                signal("CONT", sender);
            }
            write(3);
            awaitAllArchived();
            assertArrivedOnce();
            assertThat(primary.sql("select failed_count from pg_stat_archiver")).isEqualTo("0");
            primary.close();
            for (int i = 0; i < 200 && senders(processes()) > 0; i++) {
                Thread.sleep(100);
            }
            assertThat(senders(processes())).isZero();
        }
    }

    private static void signal(String name, String process) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, process).start().waitFor())
                .isZero();
    }

    private static long senders(OurProcesses processes) throws IOException {
        return processes.list().stream()
                .filter(process -> process.kind().equals("SendMain"))
                .count();
    }

    @Test
    void whateverIsKilledNoSegmentIsLost() throws Exception {
        long seed = System.nanoTime();
        System.out.println("wal-archive soak: seed " + seed + ", " + SECONDS + " s");
        Random random = new Random(seed);
        try (WalRoute route = WalRoute.open(host, BarmanHost.launcher())) {
            Path state = route.work().resolve("state");
            archiveWith(command(route, state, " --parallel 4"));
            OurProcesses processes = processes();
            long end = System.nanoTime() + SECONDS * 1_000_000_000L;
            while (System.nanoTime() < end) {
                write(2);
                Thread.sleep(random.nextInt(400));
                processes.killOne(random);
            }
            awaitAllArchived();
            assertArrivedOnce();
            System.out.println("wal-archive soak: " + marked(".done").size() + " segments, killed "
                    + processes.killed() + ", failed calls "
                    + primary.sql("select failed_count from pg_stat_archiver"));
            assertThat(processes().awaitNone(KEEP_SECONDS + 20)).isEmpty();
        }
    }
}

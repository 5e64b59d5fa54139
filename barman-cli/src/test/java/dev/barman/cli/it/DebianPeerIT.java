// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.barman.core.testing.PostgresCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * A catalogue that the Python Barman of Debian (3.4: metadata inside {@code base/ID}, index named {@code xlog.db} with
 * four fields) has written on a running host is taken over: listed, shown, checked, continued and restored. The two run one
 * after the other, never at once.
 */
class DebianPeerIT {
    private static final Path PEER = Path.of("/usr/bin/barman");

    @Test
    void catalogueOfThePythonBarmanIsTakenOver() throws Exception {
        assumeTrue(Files.isExecutable(PEER), "Debian's package barman is not installed");
        try (BarmanHost host = BarmanHost.create();
                PostgresCluster primary = PostgresCluster.create(16)) {
            host.configure(primary, Map.of("archiver", "on", "compression", "gzip"));
            primary.configure("archive_mode = on", host.copyingArchiveCommand()).start();
            assertThat(peer(host, "--version").out()).startsWith("3.4");

            // Written by the peer: an archive, two backups (the first one kept), WAL in between.
            primary.sql("create table t(id int)");
            primary.switchWal();
            peer(host, "switch-wal", "--archive", "main").ok();
            peer(host, "backup", "--wait", "main").ok();
            primary.sql("insert into t values (1)");
            peer(host, "switch-wal", "--force", "--archive", "main").ok();
            peer(host, "keep", "--target", "full", "main", "latest").ok();
            Thread.sleep(1100);
            peer(host, "backup", "--wait", "main").ok();
            primary.sql("insert into t values (2)");
            peer(host, "switch-wal", "--force", "--archive", "main").ok();
            String first = peer(host, "list-backup", "--minimal", "main").out().split("\n")[1];
            assertThat(Files.exists(host.wals().resolve("xlog.db"))).isTrue();
            assertThat(Files.exists(host.home().resolve("main/base/" + first + "/backup.info")))
                    .isTrue();
            List<String> peersNames = names(host.wals().resolve("xlog.db"));

            // Once the index has its new name the peer, which knows the old one alone, sees no WAL any more.
            String peerMinimal = peer(host, "list-backup", "--minimal", "main").out();
            String peerList = peer(host, "list-backup", "main").out();
            List<String> peerShown = stripped(peer(host, "show-backup", "main", first));
            List<String> peerFiles = sorted(peer(host, "list-files", "--target", "wal", "main", first));

            // Listed and shown alike. The peer prints no backup type column and knows fewer rows.
            assertThat(host.barman("list-backups", "--minimal", "main").ok().out())
                    .isEqualTo(peerMinimal);
            assertThat(withoutType(host.barman("list-backups", "main").ok().out()))
                    .isEqualTo(peerList);
            List<String> shown =
                    stripped(host.barman("show-backup", "main", first).ok());
            for (String label :
                    List.of("Begin WAL", "End WAL", "Begin LSN", "End LSN", "Begin time", "End time", "Timeline")) {
                assertThat(shown)
                        .contains(peerShown.stream()
                                .filter(l -> l.startsWith(label + " "))
                                .findFirst()
                                .orElseThrow());
            }
            assertThat(sorted(host.barman("list-files", "--target", "wal", "main", first)
                            .ok()))
                    .containsExactlyElementsOf(peerFiles);
            assertThat(host.barman("check", "main").ok().out()).doesNotContain("FAILED");
            host.barman("check-backup", "main", first).ok();
            host.barman("check-backup", "main", "latest").ok();

            // Its index is taken over, nothing lost.
            assertThat(names(host.wals().resolve("main-xlog.db"))).containsExactlyElementsOf(peersNames);

            // Continued: more WAL, another backup; then deletion keeps what the kept backup needs.
            primary.sql("insert into t values (3)");
            host.barman("switch-wal", "--force", "--archive", "main").ok();
            Thread.sleep(1100);
            host.barman("backup", "--wait", "main").ok();
            assertThat(host.barman("list-backups", "--minimal", "main")
                            .ok()
                            .out()
                            .lines())
                    .hasSize(3);
            BarmanHost.Result refused = host.barman("delete", "main", first);
            assertThat(refused.exit()).isEqualTo(1);
            assertThat(refused.err()).contains("it has a current keep request");
            assertThat(names(host.wals().resolve("main-xlog.db"))).startsWith(peersNames.toArray(String[]::new));

            // Restored: the peer's first backup, to the end of the archive.
            Path destination = host.directory().resolve("restored/data");
            host.barman("restore", "main", first, destination.toString()).ok();
            try (PostgresCluster restored = PostgresCluster.adopt(destination).start()) {
                assertThat(restored.sql("select string_agg(id::text, ',' order by id) from t"))
                        .isEqualTo("1,2,3");
            }
        }
    }

    private static List<String> stripped(BarmanHost.Result result) {
        return result.out().lines().map(String::strip).toList();
    }

    private static List<String> sorted(BarmanHost.Result result) {
        return result.out().lines().sorted().toList();
    }

    private static String withoutType(String listing) {
        return listing.replaceAll("(?m)^(main \\S+) - [FIRS] - ", "$1 - ");
    }

    private static List<String> names(Path index) throws IOException {
        try (Stream<String> lines = Files.lines(index)) {
            return lines.map(l -> l.substring(0, l.indexOf('\t'))).toList();
        }
    }

    private static BarmanHost.Result peer(BarmanHost host, String... args) throws IOException {
        List<String> command =
                new ArrayList<>(List.of(PEER.toString(), "-c", host.config().toString()));
        command.addAll(List.of(args));
        return BarmanHost.run(command);
    }
}

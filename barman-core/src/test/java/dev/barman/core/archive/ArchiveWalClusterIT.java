// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.archive.ArchiveWalService.Occasion;
import dev.barman.core.config.BarmanConfiguration;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.hook.HookRunner;
import dev.barman.core.message.RecordingMessages;
import dev.barman.core.testing.PostgresCluster;
import dev.barman.wal.archive.ArchiveSummary;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.catalog.XlogDb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Before the first backup it is the real PostgreSQL that tells which WAL is its own. */
class ArchiveWalClusterIT {
    private static PostgresCluster cluster;
    private static Path ownSegment;
    private static Path foreignSegment;

    @TempDir
    Path home;

    private final RecordingMessages messages = new RecordingMessages();
    private Path incoming;

    @BeforeAll
    static void makeClusters() throws IOException {
        cluster = PostgresCluster.create(1).start();
        ownSegment = kept(cluster, cluster.switchWal());
        try (PostgresCluster other = PostgresCluster.create(1).start()) {
            String sameName = other.switchWal();
            other.sql("create table t (i int)");
            String name = other.switchWal();
            assertThat(name).isGreaterThan(sameName);
            foreignSegment = kept(other, name);
        }
    }

    /** A copy that outlives the cluster and its recycling of WAL. */
    private static Path kept(PostgresCluster from, String name) throws IOException {
        return Files.copy(
                from.data().resolve("pg_wal").resolve(name), cluster.directory().resolve(name));
    }

    @AfterAll
    static void removeClusters() throws IOException {
        cluster.close();
    }

    @BeforeEach
    void bothSegmentsArrive() throws IOException {
        incoming = Files.createDirectories(home.resolve("main/incoming"));
        Files.copy(ownSegment, incoming.resolve(ownSegment.getFileName()));
        Files.copy(foreignSegment, incoming.resolve(foreignSegment.getFileName()));
    }

    private ArchiveSummary archive(String... connections) throws Exception {
        Path file = home.resolve("barman.conf");
        Files.writeString(
                file,
                "[barman]\nbarman_home = " + home + "\nbarman_user = " + System.getProperty("user.name")
                        + "\n[main]\nbackup_method = postgres\narchiver = on\n" + String.join("\n", connections)
                        + "\n");
        ServerConfig server = BarmanConfiguration.load(file.toString(), messages)
                .server("main")
                .orElseThrow();
        return new ArchiveWalService(server, HookRunner.of(server, file.toString()), messages, ArchiveServer.CLOCK)
                .archive(Occasion.DIRECT);
    }

    private void assertForeignSegmentIsSetAside(ArchiveSummary summary) throws IOException {
        assertThat(summary).isEqualTo(new ArchiveSummary(1, 0, 1, 0, false));
        assertThat(indexed()).containsExactly(ownSegment.getFileName().toString());
        assertThat(home.resolve("main/errors/" + foreignSegment.getFileName() + "." + ArchiveServer.STAMP + ".unknown"))
                .hasSameBinaryContentAs(foreignSegment);
        assertThat(incoming).isEmptyDirectory();
        assertThat(home.resolve("main/identity.json")).doesNotExist();
    }

    private List<String> indexed() throws IOException {
        return new XlogDb(home.resolve("main/wals/main-xlog.db"))
                .entries().stream().map(WalEntry::name).toList();
    }

    @Test
    void segmentOfAnotherClusterIsSetAside() throws Exception {
        assertForeignSegmentIsSetAside(archive("conninfo = " + cluster.conninfo()));
    }

    @Test
    void streamingConnectionTellsWhenTheRegularOneDoesNot() throws Exception {
        assertForeignSegmentIsSetAside(archive(
                "conninfo = host=127.0.0.1 port=" + PostgresCluster.freePort(),
                "streaming_conninfo = " + cluster.streamingConninfo()));
    }

    @Test
    void allIsArchivedWhilePostgresIsDown() throws Exception {
        ArchiveSummary summary;
        cluster.stop();
        try {
            summary = archive("conninfo = " + cluster.conninfo());
        } finally {
            cluster.start();
        }

        assertThat(summary).isEqualTo(new ArchiveSummary(2, 0, 0, 0, false));
        assertThat(indexed())
                .containsExactlyInAnyOrder(
                        ownSegment.getFileName().toString(),
                        foreignSegment.getFileName().toString());
        assertThat(ArchiveServer.files(home.resolve("main/errors"))).isEmpty();
        assertThat(incoming).isEmptyDirectory();
    }
}

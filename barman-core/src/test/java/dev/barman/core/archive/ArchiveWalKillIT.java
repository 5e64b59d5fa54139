// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.storage.local.ObservedStorage;
import dev.barman.wal.WalFileName;
import dev.barman.wal.storage.SampleWals;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The archiver is ended with SIGKILL, at each durable step and at random: every WAL is still somewhere, and the next pass completes
 * the archive, with each WAL exactly once in the index.
 */
class ArchiveWalKillIT {
    private static final int KILLED = 128 + 9;
    private static final int WALS = 8;

    /** The WAL at which the process ends: the first of the pass, one in the middle, the last. */
    private static final int[] VICTIMS = {0, 4, WALS - 1};

    @TempDir
    Path home;

    /** How WAL arrives and is stored. */
    private enum Way {
        PLAIN("archiver = on"),
        COMPRESSED("archiver = on", "compression = gzip"),
        STREAMED("archiver = off", "streaming_archiver = on", "slot_name = barman"),
        STREAMED_COMPRESSED("archiver = off", "streaming_archiver = on", "slot_name = barman", "compression = zstd"),
        HOOKED("archiver = on", "compression = lz4", "post_archive_script = true");

        private final String[] options;

        Way(String... options) {
            this.options = options;
        }

        boolean streamed() {
            return this == STREAMED || this == STREAMED_COMPRESSED;
        }
    }

    static Stream<Arguments> crashes() {
        List<String> steps = new ArrayList<>(ObservedStorage.steps());
        steps.addAll(List.of(ArchiveWalChild.ARCHIVED, ArchiveWalChild.FIRST_REMOVED, ArchiveWalChild.REMOVED));
        List<Arguments> crashes = new ArrayList<>();
        for (Way way : Way.values()) {
            for (int i = 0; i < steps.size(); i++) {
                crashes.add(Arguments.of(way, steps.get(i), VICTIMS[i % VICTIMS.length]));
            }
        }
        return crashes.stream();
    }

    private static String name(int n) {
        return String.format("0000000100000000%08X", n + 1);
    }

    private static byte[] content(String name) {
        return SampleWals.content(name.hashCode(), 50_000);
    }

    @ParameterizedTest
    @MethodSource("crashes")
    void archiveIsCompleteAfterAKillAndAnotherPass(Way way, String step, int victim) throws Exception {
        ArchiveServer server = new ArchiveServer(home, way.options);
        Path source = way.streamed() ? server.streaming : server.incoming;
        List<String> names = new ArrayList<>();
        for (int i = 0; i < WALS; i++) {
            names.add(name(i));
            server.arrive(source, name(i), content(name(i)));
        }
        String rest = name(WALS) + ".partial";
        if (way.streamed()) {
            server.arrive(source, rest, new byte[1]);
        }
        boolean ofDirectory = step.equals("DIRECTORY_CREATED");

        Process child = ArchiveWalChild.start(
                home.resolve("barman.conf"), step, ofDirectory ? "0000000100000000" : name(victim));

        assertThat(child.waitFor()).as(childLog()).isEqualTo(KILLED);
        for (String name : names) {
            boolean waiting = Files.exists(source.resolve(name));
            boolean archived =
                    Files.exists(server.wals.resolve(WalFileName.parse(name).archivePath()))
                            && server.index().exists()
                            && server.indexed().contains(name);
            assertThat(waiting || archived)
                    .as("%s after a kill at %s", name, step)
                    .isTrue();
        }
        server.archive();
        assertThat(server.indexed()).containsExactlyElementsOf(names);
        assertArchived(server, names);
        assertThat(ArchiveServer.files(source)).isEqualTo(way.streamed() ? List.of(rest) : List.of());
        assertThat(ArchiveServer.files(server.errors)).isEmpty();
    }

    private void assertArchived(ArchiveServer server, List<String> names) throws Exception {
        assertThat(ArchiveServer.files(server.wals))
                .containsExactlyElementsOf(names.stream()
                        .map(name -> WalFileName.parse(name).archivePath())
                        .sorted()
                        .toList());
        for (String name : names) {
            assertThat(server.stored(name)).as(name).isEqualTo(content(name));
        }
    }

    private String childLog() throws IOException {
        return Files.readString(home.resolve("barman.conf.child.log"));
    }

    /** Also with a different file under an archived name in every round, which must be kept. */
    @Test
    void archiveSurvivesKillsAtRandomMoments() throws Exception {
        long seed = Long.getLong("soak.seed", System.nanoTime());
        int seconds = Integer.parseInt(System.getenv().getOrDefault("SOAK_SECONDS", "60"));
        System.out.println("archive-wal soak: seed " + seed + ", " + seconds + " s");
        Random random = new Random(seed);
        ArchiveServer server = new ArchiveServer(home, "archiver = on", "compression = zstd");
        Map<String, byte[]> conflicts = new LinkedHashMap<>();
        int next = 0;
        int kills = 0;
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (System.nanoTime() < end) {
            int waiting = ArchiveServer.files(server.incoming).size();
            int more = waiting > 300 ? 1 : 50 + random.nextInt(300);
            for (int i = 0; i < more; i++, next++) {
                deliver(server, name(next), content(name(next)));
            }
            String repeated = name(random.nextInt(next));
            byte[] again = content(repeated);
            boolean known =
                    Files.exists(server.wals.resolve(WalFileName.parse(repeated).archivePath()));
            if (known && random.nextBoolean() && !conflicts.containsKey(repeated)) {
                again[0] ^= 1;
                conflicts.put(repeated, again);
            }
            if (known) {
                deliver(server, repeated, again);
            }
            Path configuration = home.resolve("barman.conf");
            Process child = ArchiveWalChild.start(configuration);
            while (child.isAlive() && !Files.exists(ArchiveWalChild.started(configuration))) {
                Thread.sleep(2);
            }
            if (!child.waitFor(random.nextInt(1500), TimeUnit.MILLISECONDS)) {
                child.destroyForcibly();
                kills++;
            }
            int code = child.waitFor();
            assertThat(code).as(childLog()).isIn(0, KILLED);
        }
        server.archive();

        System.out.println(
                "archive-wal soak: " + next + " WALs, " + kills + " kills, " + conflicts.size() + " conflicts");
        List<String> names = new ArrayList<>();
        for (int i = 0; i < next; i++) {
            names.add(name(i));
        }
        assertThat(server.indexed()).containsExactlyInAnyOrderElementsOf(names).doesNotHaveDuplicates();
        assertArchived(server, names);
        assertThat(ArchiveServer.files(server.incoming)).isEmpty();
        List<String> kept = ArchiveServer.files(server.errors);
        for (Map.Entry<String, byte[]> conflict : conflicts.entrySet()) {
            List<String> copies = kept.stream()
                    .filter(file -> file.startsWith(conflict.getKey() + "."))
                    .toList();
            assertThat(copies).as(conflict.getKey()).isNotEmpty();
            for (String copy : copies) {
                assertThat(server.errors.resolve(copy)).hasBinaryContent(conflict.getValue());
            }
        }
        assertThat(kept).allMatch(file -> conflicts.containsKey(file.substring(0, 24)));
    }

    /** As archive_command has to: under a temporary name first. */
    private static void deliver(ArchiveServer server, String name, byte[] content) throws IOException {
        Path temporary = server.arrive(server.incoming, name + ".tmp", content);
        Files.move(temporary, server.incoming.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.barman.file.LockFile;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LastArchivedCacheTest {
    @TempDir
    Path directory;

    private final List<String> warnings = new ArrayList<>();

    private LastArchivedCache cache(Path state) {
        return new LastArchivedCache(new StateDirectory(state), "here", Duration.ofMillis(50), warnings::add);
    }

    static ReadySegment segment(long number) {
        WalSegmentName name = WalSegmentName.parse("0000000100000000%08X".formatted(number));
        WalSegmentSize size = WalSegmentSize.DEFAULT;
        return new ReadySegment(name, Path.of(name.text()), new FileStamp(number, size.bytes(), number), size, 7);
    }

    @Test
    void recordIsKeptFromRunToRunInPrivateFiles() throws IOException {
        Path state = directory.resolve("a/b/state");
        assertThat(cache(state).covers(segment(3))).isFalse();
        assertThat(directory.resolve("a")).doesNotExist();

        assertThat(cache(state).prepare()).isTrue();
        cache(state).add(List.of(segment(3), segment(4)));

        assertThat(cache(state).covers(segment(3))).isTrue();
        assertThat(cache(state).covers(segment(4))).isTrue();
        assertThat(cache(state).covers(segment(5))).isFalse();
        assertThat(Files.getPosixFilePermissions(state)).isEqualTo(PosixFilePermissions.fromString("rwx------"));
        assertThat(state.toFile().list()).containsExactlyInAnyOrder("archived-segments", "lock");
        for (String file : List.of("archived-segments", "lock")) {
            assertThat(Files.getPosixFilePermissions(state.resolve(file)))
                    .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        }
        assertThat(warnings).isEmpty();
    }

    @Test
    void recordOfAnotherDestinationIsNotUsedAndIsReplaced() {
        Path state = directory.resolve("state");
        cache(state).prepare();
        cache(state).add(List.of(segment(3), segment(4)));
        LastArchivedCache other =
                new LastArchivedCache(new StateDirectory(state), "there", Duration.ZERO, warnings::add);

        assertThat(other.covers(segment(3))).isFalse();
        assertThat(warnings).hasSize(1);
        assertThat(warnings.get(0)).contains("another cluster, segment size or destination");
        other.add(List.of(segment(4)));
        assertThat(other.covers(segment(4))).isTrue();
        assertThat(cache(state).covers(segment(3))).isFalse();
    }

    @Test
    void damagedRecordIsNotUsedAndIsReplaced() throws IOException {
        Path state = directory.resolve("state");
        cache(state).prepare();
        Files.writeString(state.resolve("archived-segments"), "00000001000000000000000A\n");

        LastArchivedCache cache = cache(state);
        assertThat(cache.covers(segment(3))).isFalse();
        cache.add(List.of(segment(3)));
        assertThat(warnings).containsExactly("The record in '" + state + "' is damaged, and is not used.");
        assertThat(cache.covers(segment(3))).isTrue();
    }

    @Test
    void directoryThatIsNotOursAloneIsRefused() throws IOException {
        Path real = directory.resolve("real");
        cache(real).prepare();
        cache(real).add(List.of(segment(3)));
        Path link = Files.createSymbolicLink(directory.resolve("link"), real);
        Path file = Files.createFile(directory.resolve("file"));
        Path open = Files.createDirectory(directory.resolve("open"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwx---"));

        for (Path bad : List.of(link, file, open, file.resolve("below"))) {
            LastArchivedCache cache = cache(bad);
            assertThat(cache.covers(segment(3))).as("%s", bad).isFalse();
            assertThat(cache.prepare()).as("%s", bad).isFalse();
        }
        assertThat(warnings).hasSize(4).allMatch(text -> text.contains("only the requested file is sent"));
        assertThat(open).isEmptyDirectory();
    }

    @Test
    void directoryOfAnotherUserIsRefused() throws IOException {
        assumeTrue(System.getProperty("user.name").equals("root"), "only root can make one");
        Path state = directory.resolve("state");
        cache(state).prepare();
        cache(state).add(List.of(segment(3)));
        assertThat(cache(state).covers(segment(3))).isTrue();

        Files.setAttribute(state, "unix:uid", 65534);

        assertThat(cache(state).covers(segment(3))).isFalse();
        assertThat(cache(state).prepare()).isFalse();
        assertThat(warnings).isNotEmpty().allMatch(text -> text.contains("belongs to another user"));
    }

    @Test
    void lockHeldForLongLeavesTheRecordAsItIs() throws IOException {
        Path state = directory.resolve("state");
        cache(state).prepare();
        cache(state).add(List.of(segment(3)));
        try (LockFile held = LockFile.tryAcquire(state.resolve("lock"))) {
            assertThat(held.path()).exists();
            cache(state).add(List.of(segment(4)));
        }
        assertThat(warnings).hasSize(1);
        assertThat(cache(state).covers(segment(4))).isFalse();
        assertThat(cache(state).covers(segment(3))).isTrue();
    }

    @Test
    void standardPlaceFollowsTheEnvironment() {
        assertThat(place("/x", "/home/p", "main", "a")).startsWith("/x/barman/main-");
        assertThat(place(null, "/home/p", "main", "a")).startsWith("/home/p/.local/state/barman/main-");
        assertThat(place("relative", "/home/p", "main", "a")).startsWith("/home/p/.local/state/barman/main-");
        assertThat(place("/x", null, "main", "a")).isNotEqualTo(place("/x", null, "main", "b"));
        assertThat(place("/x", null, "../a b", "a")).startsWith("/x/barman/_._a_b-");
        assertThat(StateDirectory.standard(null, null, "main", "a")).isNull();
        assertThat(StateDirectory.standard("", "", "main", "a")).isNull();
    }

    private static String place(String stateHome, String home, String server, String destination) {
        StateDirectory standard = StateDirectory.standard(stateHome, home, server, destination);
        return standard == null ? "" : standard.path().toString();
    }

    /** Adds segments one by one for ever. */
    static final class Writer {
        private Writer() {}

        public static void main(String[] args) {
            LastArchivedCache cache = new LastArchivedCache(
                    new StateDirectory(Path.of(args[0])), "here", Duration.ofSeconds(5), System.err::println);
            cache.prepare();
            for (long number = Long.parseLong(args[1]); ; number++) {
                cache.add(List.of(segment(number & 0xFF)));
                System.out.println(number);
            }
        }
    }

    @Test
    void writerKilledAtAnyMomentLeavesAWholeRecordOfWhatItReported() throws Exception {
        Path state = directory.resolve("state");
        Random random = new Random(5);
        for (int round = 0; round < 4; round++) {
            Path output = directory.resolve("out" + round);
            Process writer = new ProcessBuilder(List.of(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            Writer.class.getName(),
                            state.toString(),
                            "0"))
                    .redirectOutput(output.toFile())
                    .start();
            while (writer.isAlive() && Files.size(output) == 0) {
                Thread.sleep(5);
            }
            Thread.sleep(random.nextInt(60));
            writer.destroyForcibly().waitFor();

            List<String> reported = Files.readString(output).lines().toList();
            String last = reported.get(reported.size() - 1);
            assertThat(cache(state).covers(segment(Long.parseLong(last) & 0xFF)))
                    .isTrue();
            cache(state).add(List.of(segment(0)));
            assertThat(state.toFile().list()).containsExactlyInAnyOrder("archived-segments", "lock");
        }
        assertThat(warnings).isEmpty();
    }
}

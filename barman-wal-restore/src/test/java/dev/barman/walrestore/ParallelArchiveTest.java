// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.wal.TestSegments;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code barman-wal-archive --parallel} in a data directory of its own, and a script that stores what it is sent, all or nothing. */
class ParallelArchiveTest {
    private static final int MIB = TestSegments.MIB;
    /** Each call leaves a directory {@code callN} with what its stream held, checked against its sums. */
    private static final String[] SERVER = {
        "n=$(ls -d \"$D\"/call* 2>/dev/null | wc -l)",
        "mkdir \"$D/call$n\" && cd \"$D/call$n\" && tar -xf - && sha256sum -c --quiet SHA256SUMS >&2 || exit 1",
        "rm SHA256SUMS"
    };

    @TempDir
    Path directory;

    private FakeBarman barman;
    private Path pgWal;
    private Path state;
    private String err = "";

    @BeforeEach
    void setUp() throws IOException {
        barman = new FakeBarman(directory).does(SERVER);
        pgWal = Files.createDirectories(directory.resolve("data/pg_wal"));
        Files.createDirectory(pgWal.resolve("archive_status"));
        state = directory.resolve("state");
        control(TestSegments.SYSTEM_ID);
    }

    private void control(long systemId) throws IOException {
        byte[] content = ByteBuffer.allocate(8192)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(systemId)
                .array();
        Files.write(Files.createDirectories(directory.resolve("data/global")).resolve("pg_control"), content);
    }

    private static String name(int timeline, int number) {
        return "%08X00000000%08X".formatted(timeline, number);
    }

    private void ready(int timeline, int... numbers) throws IOException {
        for (int number : numbers) {
            Files.write(
                    pgWal.resolve(name(timeline, number)), TestSegments.segment(timeline, (long) number * MIB, MIB));
            Files.createFile(pgWal.resolve("archive_status/" + name(timeline, number) + ".ready"));
        }
    }

    private int archive(String name, String... options) {
        List<String> args = new ArrayList<>(
                List.of("--parallel=4", "--state-directory=" + state, "--local-command", barman.command()));
        args.addAll(Arrays.asList(options));
        args.addAll(List.of("host", "main", pgWal.resolve(name).toString()));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        int code = WalArchiveMain.run(
                args.toArray(new String[0]),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(errors, true, StandardCharsets.UTF_8));
        assertThat(out.size()).isZero();
        err = errors.toString(StandardCharsets.UTF_8);
        return code;
    }

    /** What each connection brought. */
    private List<List<String>> calls() throws IOException {
        List<List<String>> calls = new ArrayList<>();
        for (int i = 0; Files.isDirectory(barman.file("call" + i)); i++) {
            try (Stream<Path> files = Files.list(barman.file("call" + i))) {
                calls.add(files.map(file -> file.getFileName().toString())
                        .sorted()
                        .toList());
            }
        }
        return calls;
    }

    private void done(int timeline, int number) throws IOException {
        Files.move(
                pgWal.resolve("archive_status/" + name(timeline, number) + ".ready"),
                pgWal.resolve("archive_status/" + name(timeline, number) + ".done"));
    }

    @Test
    void readySegmentsGoWithTheRequestedOneAndAreNotSentAgain() throws IOException {
        ready(1, 3, 4, 5, 6, 7);

        for (int number = 3; number <= 7; number++) {
            assertThat(archive(name(1, number))).as(err).isZero();
            assertThat(err).isEmpty();
            done(1, number);
        }

        assertThat(calls())
                .containsExactly(List.of(name(1, 3), name(1, 4), name(1, 5), name(1, 6)), List.of(name(1, 7)));
        for (int number = 3; number <= 6; number++) {
            assertThat(barman.file("call0").resolve(name(1, number)))
                    .hasSameBinaryContentAs(pgWal.resolve(name(1, number)));
            assertThat(Files.getLastModifiedTime(barman.file("call0").resolve(name(1, number))))
                    .isEqualTo(Files.getLastModifiedTime(pgWal.resolve(name(1, number))));
        }
        assertThat(state.toFile().list()).containsExactlyInAnyOrder("archived-segments", "lock");
    }

    @Test
    void withoutParallelNoStateIsReadOrMade() throws IOException {
        ready(1, 3, 4);
        archive(name(1, 3));
        archive(name(1, 4), "--parallel", "0");
        archive(name(1, 4), "--parallel", "1");

        assertThat(calls()).containsExactly(List.of(name(1, 3), name(1, 4)), List.of(name(1, 4)), List.of(name(1, 4)));
        state = directory.resolve("other");
        archive(name(1, 3), "--parallel", "1");
        assertThat(state).doesNotExist();
    }

    @Test
    void promotionWithABacklogArchivesEverything() throws IOException {
        // As seen with archive_mode = always: the history first, then the old timeline, then the new one.
        ready(1, 0x22, 0x23, 0x24);
        Files.writeString(pgWal.resolve("00000002.history"), "1\t0/2480000\tno recovery target specified\n");
        ready(2, 0x24, 0x25);
        Files.write(pgWal.resolve(name(1, 0x25) + ".partial"), TestSegments.segment(1, 0x25L * MIB, MIB));
        Files.writeString(pgWal.resolve(name(1, 0x22) + ".00000028.backup"), "START WAL LOCATION\n");

        for (String name : List.of(
                "00000002.history",
                name(1, 0x22),
                name(1, 0x22) + ".00000028.backup",
                name(1, 0x23),
                name(1, 0x24),
                name(1, 0x25) + ".partial",
                name(2, 0x24),
                name(2, 0x25),
                "00000002.history",
                name(1, 0x22) + ".00000028.backup",
                name(1, 0x25) + ".partial")) {
            assertThat(archive(name)).as(err).isZero();
        }
        // The old primary goes on.
        ready(1, 0x25);
        assertThat(archive(name(1, 0x25))).isZero();

        assertThat(calls())
                .containsExactly(
                        List.of("00000002.history"),
                        List.of(name(1, 0x22), name(1, 0x23), name(1, 0x24)),
                        List.of(name(1, 0x22) + ".00000028.backup"),
                        List.of(name(1, 0x25) + ".partial"),
                        List.of(name(2, 0x24), name(2, 0x25)),
                        List.of("00000002.history"),
                        List.of(name(1, 0x22) + ".00000028.backup"),
                        List.of(name(1, 0x25) + ".partial"),
                        List.of(name(1, 0x25)));
    }

    @Test
    void segmentThatChangedSinceIsSentAgain() throws IOException {
        ready(1, 3, 4, 5);
        archive(name(1, 3));
        // The machine was set back, and writes another fourth segment.
        byte[] other = TestSegments.segment(1, 4L * MIB, MIB);
        other[1000] ^= 1;
        Files.write(pgWal.resolve(name(1, 4)), other);

        assertThat(archive(name(1, 4))).isZero();

        assertThat(calls()).hasSize(2);
        assertThat(barman.file("call1").resolve(name(1, 4))).hasBinaryContent(other);
    }

    @Test
    void failureOfTheRequestedOneRecordsNothing() throws IOException {
        ready(1, 3, 4);
        barman.does("cat >/dev/null", "exit 1");

        assertThat(archive(name(1, 3))).isEqualTo(1);
        assertThat(err)
                .contains("WARNING: Sending 2 segments at once failed")
                .contains("ERROR: Remote 'barman put-wal'");
        assertThat(state.resolve("archived-segments")).doesNotExist();

        barman.does(SERVER);
        assertThat(archive(name(1, 3))).isZero();
        assertThat(calls()).containsExactly(List.of(name(1, 3), name(1, 4)));
    }

    @Test
    void oneThatTheServerRefusesDoesNotKeepTheOthersBack() throws IOException {
        ready(1, 3, 4, 5);
        List<String> refusing = new ArrayList<>(Arrays.asList(SERVER));
        refusing.add("[ ! -e " + name(1, 5) + " ] || exit 1");
        barman.does(refusing.toArray(new String[0]));

        assertThat(archive(name(1, 3))).isZero();
        assertThat(err).startsWith("WARNING: Sending 3 segments at once failed");
        done(1, 3);
        assertThat(archive(name(1, 4))).isZero();
        done(1, 4);
        assertThat(archive(name(1, 5))).isEqualTo(1);
        assertThat(calls())
                .containsExactly(
                        List.of(name(1, 3), name(1, 4), name(1, 5)),
                        List.of(name(1, 3)),
                        List.of(name(1, 4), name(1, 5)),
                        List.of(name(1, 4)),
                        List.of(name(1, 5)));
    }

    @ParameterizedTest
    @CsvSource({"255, 3", "1, 1", "137, 3"})
    void withoutAConnectionItIsNotTriedTwice(int remote, int expected) throws IOException {
        ready(1, 3, 4);
        barman.does("echo x >>\"$D/tries\"", "cat >/dev/null", "exit " + remote);

        assertThat(archive(name(1, 3))).isEqualTo(expected);
        assertThat(Files.readAllLines(barman.file("tries"))).hasSize(remote == 255 ? 1 : 2);
    }

    @Test
    void killedBetweenAcknowledgementAndRecordItIsSentAgain() throws Exception {
        ready(1, 3, 4);
        List<String> killing = new ArrayList<>(Arrays.asList(SERVER));
        killing.add("kill -KILL $PPID");
        barman.does(killing.toArray(new String[0]));

        Process client = ClientProcess.start(
                WalArchiveMain.class,
                directory,
                directory,
                "--parallel=4",
                "--state-directory=" + state,
                "--local-command",
                barman.command(),
                "host",
                "main",
                pgWal.resolve(name(1, 3)).toString());
        assertThat(client.waitFor()).isEqualTo(128 + 9);
        assertThat(state.resolve("archived-segments")).doesNotExist();

        barman.does(SERVER);
        assertThat(archive(name(1, 3))).isZero();
        assertThat(calls()).containsExactly(List.of(name(1, 3), name(1, 4)), List.of(name(1, 3), name(1, 4)));
    }

    @Test
    void damagedFollowerIsLeftToItsOwnCall() throws IOException {
        ready(1, 3, 4, 5);
        Files.write(pgWal.resolve(name(1, 4)), new byte[MIB]);

        assertThat(archive(name(1, 3))).isZero();
        assertThat(calls()).containsExactly(List.of(name(1, 3)));
        assertThat(archive(name(1, 4))).isEqualTo(2);
        assertThat(err).contains("is not a complete WAL segment: it does not begin with the header");
        assertThat(calls()).hasSize(1);
    }

    @Test
    void walOfAnotherClusterIsRefused() throws IOException {
        ready(1, 3);
        control(5);

        assertThat(archive(name(1, 3))).isEqualTo(2);
        assertThat(err).contains("is WAL of another cluster: its system identifier is " + TestSegments.SYSTEM_ID);
        assertThat(calls()).isEmpty();
        assertThat(state).doesNotExist();
    }

    @Test
    void withoutAControlFileNothingIsSkippedOrSentAlong() throws IOException {
        ready(1, 3, 4);
        assertThat(archive(name(1, 3))).isZero();
        Files.delete(directory.resolve("data/global/pg_control"));

        assertThat(archive(name(1, 3))).isZero();
        assertThat(err).contains("WARNING: There is no global/pg_control");
        assertThat(archive(name(1, 4))).isZero();
        assertThat(calls()).containsExactly(List.of(name(1, 3), name(1, 4)), List.of(name(1, 3)), List.of(name(1, 4)));
    }

    @Test
    void anotherDestinationStartsAfresh() throws IOException {
        ready(1, 3, 4);
        assertThat(archive(name(1, 3))).isZero();
        assertThat(archive(name(1, 4), "-c", "/etc/other.conf")).isZero();

        assertThat(err).contains("WARNING: The record in '" + state + "' is about another cluster");
        assertThat(calls()).hasSize(2);
    }

    @Test
    void stateDirectoryThatCannotBeMadeLeavesTheRequestedFileAlone() throws IOException {
        ready(1, 3, 4);
        state = Files.createFile(directory.resolve("occupied"));

        assertThat(archive(name(1, 3))).isZero();
        assertThat(err)
                .contains("WARNING: No record of archived segments can be kept")
                .hasLineCount(1);
        assertThat(archive(name(1, 4))).isZero();
        assertThat(calls()).containsExactly(List.of(name(1, 3)), List.of(name(1, 4)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-z", "--zstd"})
    void compressedSegmentsGoTogetherToo(String option) throws IOException {
        ready(1, 3, 4, 5);

        assertThat(archive(name(1, 3), option)).as(err).isZero();

        assertThat(calls()).containsExactly(List.of(name(1, 3), name(1, 4), name(1, 5)));
        assertThat(Files.size(barman.file("call0").resolve(name(1, 5)))).isLessThan(MIB);
        assertThat(archive(name(1, 5), option)).isZero();
        assertThat(calls()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "-1", "", "1.5"})
    void numberMustBeOne(String number) {
        assertThat(archive(name(1, 3), "--parallel=" + number)).isEqualTo(2);
        assertThat(err).contains("argument --parallel: invalid number: '" + number + "'");
    }
}

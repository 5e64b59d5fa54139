// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.file.LockFile;
import dev.barman.wal.TestSegments;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The background process of {@code --keep-connection} with a server that is a process. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SendMainTest {
    private static final int MIB = TestSegments.MIB;

    @TempDir
    Path directory;

    private FakeBarman barman;
    private Path data;
    private Path pgWal;
    private Path state;
    private String log = "";

    @BeforeEach
    void setUp() throws IOException {
        directory = Files.createDirectory(directory.resolve("in a directory"));
        barman = new FakeBarman(directory);
        data = directory.resolve("data");
        pgWal = Files.createDirectories(data.resolve("pg_wal"));
        Files.createDirectory(pgWal.resolve("archive_status"));
        ByteBuffer control =
                ByteBuffer.allocate(8192).order(ByteOrder.LITTLE_ENDIAN).putLong(0, TestSegments.SYSTEM_ID);
        Files.write(Files.createDirectories(data.resolve("global")).resolve("pg_control"), control.array());
        state = Files.createDirectory(directory.resolve("state"));
    }

    private static String name(int number) {
        return "0000000100000000%08X".formatted(number);
    }

    private void ready(int... numbers) throws IOException {
        for (int number : numbers) {
            Files.write(pgWal.resolve(name(number)), TestSegments.segment(1, (long) number * MIB, MIB));
            Files.createFile(pgWal.resolve("archive_status/" + name(number) + ".ready"));
        }
    }

    /** A server that stores what it is sent as deliveryN below the directory. */
    private void serve(String... how) throws IOException {
        barman.does("exec "
                + ShellWords.quote(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString())
                + " -XX:TieredStopAtLevel=1 -cp " + ShellWords.quote(System.getProperty("java.class.path")) + " "
                + DeliveryServer.class.getName() + " \"$D\" " + String.join(" ", how));
    }

    private int run(String... options) {
        List<String> args = new ArrayList<>(List.of(
                "--directory=" + state,
                "--data-directory=" + data,
                "--postmaster=0",
                "--command-line=words\t",
                "--keep-connection=1",
                "--local-command",
                barman.command()));
        args.addAll(Arrays.asList(options));
        args.addAll(List.of("host", "main"));
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = SendMain.run(args.toArray(new String[0]), new PrintStream(err, true, StandardCharsets.UTF_8));
        log = err.toString(StandardCharsets.UTF_8);
        return code;
    }

    /** A call that finds the process. */
    private void wantOnceServed(String name) {
        Thread call = new Thread(() -> {
            try {
                while (!Files.exists(state.resolve("sender"))) {
                    Thread.sleep(2);
                }
                Files.writeString(state.resolve("want.1.new"), name);
                Files.move(state.resolve("want.1.new"), state.resolve("want.1"));
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        call.setDaemon(true);
        call.start();
    }

    private List<String> delivered() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(
                            file -> file.getParent().getFileName().toString().startsWith("delivery"))
                    .map(file -> directory.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }

    @Test
    void segmentsArriveWholeWithTheirChecksums() throws IOException {
        serve();
        ready(3, 4, 5);
        wantOnceServed(name(3));

        assertThat(run("--parallel=2")).as(log).isZero();

        assertThat(barman.args()).isEqualTo("put-wal\nmain\n--stream\n");
        assertThat(delivered()).containsExactly("delivery0/" + name(3), "delivery1/" + name(4));
        assertThat(barman.file("delivery0/" + name(3))).hasSameBinaryContentAs(pgWal.resolve(name(3)));
        assertThat(barman.file("delivery1/" + name(4))).hasSameBinaryContentAs(pgWal.resolve(name(4)));
        assertThat(Files.readString(state.resolve("archived-segments")))
                .contains("segment " + name(3) + " ")
                .contains("segment " + name(4) + " ")
                .doesNotContain(name(5));
        assertThat(log).contains(" begins\n").contains("ended: not used any more\n");
        assertThat(state.toFile().list()).containsExactlyInAnyOrder("archived-segments", "lock", "sender.lock");
    }

    @Test
    void compressedAndWithMd5() throws IOException {
        serve();
        ready(3);
        wantOnceServed(name(3));

        assertThat(run("--md5", "--gzip")).as(log).isZero();

        assertThat(delivered()).containsExactly("delivery0/" + name(3));
        assertThat(Files.readAllBytes(barman.file("delivery0/" + name(3)))).startsWith(0x1f, 0x8b);
    }

    @Test
    void itSaysWhoItIsAsLongAsItServes() throws Exception {
        serve();
        ready(3);
        CompletableFuture<Integer> run = CompletableFuture.supplyAsync(this::run);
        SendRequests requests = new SendRequests(state);
        while (requests.sender() == null) {
            Thread.sleep(5);
        }
        assertThat(Files.readString(state.resolve("sender")))
                .isEqualTo(ProcessHandle.current().pid() + "\n" + data + "\nwords\t\n");
        long age = System.currentTimeMillis() - state.resolve("sender").toFile().lastModified();
        assertThat(age).isLessThan(2_000);
        requests.askToStop();
        assertThat(run.get()).isZero();
        assertThat(log).contains("ended: asked to end");
        assertThat(state.resolve("sender")).doesNotExist();
    }

    private boolean noted() {
        return NoStreamNote.at(state.resolve(NoStreamNote.NAME)).holds();
    }

    private void ageNote(long seconds) throws IOException {
        Files.setLastModifiedTime(
                state.resolve("no-stream"), FileTime.fromMillis(System.currentTimeMillis() - 1000 * seconds));
    }

    @Test
    void serverWithoutStreamsIsRememberedForAnHour() throws IOException {
        barman.does("echo 'usage: barman' >&2; exit 2");
        assertThat(run()).isZero();
        assertThat(noted()).isTrue();
        assertThat(state.resolve("sender")).doesNotExist();
        ageNote(3590);
        assertThat(noted()).isTrue();
        ageNote(3601);
        assertThat(noted()).isFalse();
        ageNote(-100);
        assertThat(noted()).isFalse();
    }

    @Test
    void serverThatRefusesOrCannotBeReachedIsLeftAloneForAMoment() throws IOException {
        for (int code : new int[] {1, 126, 255}) {
            Files.deleteIfExists(state.resolve("no-stream"));
            barman.does("exit " + code);
            assertThat(run()).isEqualTo(1);
            assertThat(log).contains("exit code " + code);
            assertThat(noted()).isTrue();
            ageNote(121);
            assertThat(noted()).isFalse();
        }
        assertThat(state.toFile().list()).containsExactlyInAnyOrder("sender.lock", "no-stream");
    }

    @Test
    void serverThatDiesLetsTheCallGoWithNothingRecorded() throws IOException {
        // After the first delivery it ends without an answer.
        serve("mute");
        ready(3, 4);
        wantOnceServed(name(3));

        assertThat(run("--parallel=4")).isEqualTo(1);

        assertThat(log).contains("the server has ended without an answer");
        assertThat(state.toFile().list()).containsExactly("sender.lock");
    }

    @Test
    void serverThatDoesNotMoveIsGivenUp() throws IOException {
        serve("hang");
        ready(3, 4);
        wantOnceServed(name(3));

        assertThat(run("--parallel=4", "--patience=1")).isEqualTo(1);

        assertThat(log).contains("ending: the server has not moved for 1 seconds");
        assertThat(state.toFile().list()).containsExactly("sender.lock");
    }

    @Test
    void refusedSegmentIsNotRecorded() throws IOException {
        serve("refuse");
        ready(3, 4);
        wantOnceServed(name(3));

        assertThat(run("--parallel=4")).isZero();

        assertThat(log).contains(name(3) + " is not archived: no thanks");
        assertThat(state.toFile().list()).containsExactly("sender.lock");
    }

    @Test
    void processThatIsNotNamedAnyMoreEnds() throws Exception {
        serve();
        ready(3);
        CompletableFuture<Integer> run = CompletableFuture.supplyAsync(() -> run("--keep-connection=60"));
        while (!Files.exists(state.resolve("sender"))) {
            Thread.sleep(5);
        }
        // Somebody empties the directory, and another process serves there.
        new SendRequests(state).begin(new SendRequests.Sender(1, data, "other"));
        assertThat(run.get()).isZero();
        assertThat(log).contains("ending: this process is not named in ");
        assertThat(Files.readString(state.resolve("sender"))).startsWith("1\n");
    }

    @Test
    void onlyOneServesADirectory() throws IOException {
        serve();
        try (LockFile lock = LockFile.tryAcquire(new SendRequests(state).lockFile())) {
            assertThat(run()).as(lock.toString()).isZero();
        }
        assertThat(log).contains("another process sends already");
        assertThat(barman.file("args")).doesNotExist();
    }
}

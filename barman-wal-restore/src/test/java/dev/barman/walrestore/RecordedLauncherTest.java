// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.barman.wal.TestSegments;
import dev.barman.wal.archive.StateDirectory;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the launcher of {@code barman-wal-archive} decides without Java, from a record that Java wrote. */
class RecordedLauncherTest {
    private static final Path MODULE = Path.of("").toAbsolutePath();
    private static final int MIB = TestSegments.MIB;
    private static final String SENT = "000000010000000000000004";
    /** Of a script in the place of Java. */
    private static final int ASKED_JAVA = 42;

    @TempDir
    Path directory;

    private Path data;
    private Path home;
    private Path java;
    private String local;
    private List<String> options = List.of();
    private String wal = "pg_wal/" + SENT;

    @BeforeEach
    void archiveSomething() throws Exception {
        assumeTrue(Files.isReadable(Path.of("/proc/self/stat")), "needs /proc and GNU stat");
        data = directory.resolve("data");
        home = Files.createDirectory(directory.resolve("home"));
        Files.createDirectories(data.resolve("pg_wal/archive_status"));
        Files.createDirectory(data.resolve("global"));
        Files.write(
                data.resolve("global/pg_control"),
                ByteBuffer.allocate(8192)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(TestSegments.SYSTEM_ID)
                        .array());
        for (int number = 3; number <= 5; number++) {
            String name = "0000000100000000%08X".formatted(number);
            Files.write(data.resolve("pg_wal").resolve(name), TestSegments.segment(1, (long) number * MIB, MIB));
            if (number < 5) {
                Files.createFile(data.resolve("pg_wal/archive_status").resolve(name + ".ready"));
            }
        }
        Path server = executable("server", "cat >/dev/null");
        java = executable("java", "exit " + ASKED_JAVA);
        local = server + " -q";
        record(List.of());
    }

    private Path executable(String name, String script) throws IOException {
        Path file = Files.writeString(directory.resolve(name), "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return file;
    }

    private void record(List<String> more) throws Exception {
        List<String> args = new ArrayList<>(List.of("--parallel=3", "--local-command", local));
        args.addAll(more);
        args.addAll(List.of(
                "--state-directory",
                state().toString(),
                "host",
                "my-server",
                data.resolve("pg_wal/000000010000000000000003").toString()));
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        assertThat(WalArchiveMain.run(args.toArray(new String[0]), nowhere, nowhere))
                .isZero();
    }

    /** The default place, which launcher and program have to agree on. */
    private Path state() throws Exception {
        BarmanConnection connection = new BarmanConnection("host", "barman", null, null, ShellWords.split(local));
        return Objects.requireNonNull(StateDirectory.standard(
                        null, home.toString(), "my-server", connection.destination("my-server")))
                .path();
    }

    private int launcher(String... more) throws Exception {
        List<String> argv = new ArrayList<>(List.of(
                MODULE.resolve("src/main/launcher/bin/barman-wal-archive").toString(),
                "--parallel",
                "8",
                "--local-command",
                local));
        argv.addAll(options);
        argv.addAll(Arrays.asList(more));
        argv.addAll(List.of("host", "my-server", wal));
        // The launcher in the source tree has no library beside it: one that has not decided fails or comes to the
        // script.
        Path distribution = directory.resolve("dist");
        if (!Files.exists(distribution)) {
            Files.createDirectories(distribution.resolve("bin"));
            Files.createDirectories(distribution.resolve("lib"));
            Files.copy(Path.of(argv.get(0)), distribution.resolve("bin/barman-wal-archive"));
            for (Path from : List.of(MODULE.resolve("src/main/launcher/lib"), MODULE.resolve("../packaging/lib"))) {
                try (var files = Files.newDirectoryStream(from)) {
                    for (Path file : files) {
                        Files.copy(file, distribution.resolve("lib").resolve(file.getFileName()));
                    }
                }
            }
        }
        argv.set(0, "sh");
        argv.add(1, distribution.resolve("bin/barman-wal-archive").toString());
        ProcessBuilder builder = new ProcessBuilder(argv)
                .directory(data.toFile())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("out").toFile());
        builder.environment().put("BARMAN_JAVA", java.toString());
        builder.environment().put("HOME", home.toString());
        builder.environment().remove("XDG_STATE_HOME");
        int code = builder.start().waitFor();
        assertThat(directory.resolve("out")).isEmptyFile();
        return code;
    }

    @Test
    void recordedSegmentPassesWithoutJava() throws Exception {
        assertThat(launcher()).isZero();
        assertThat(launcher("-z", "--md5", "--compression-level=low")).isZero();
        assertThat(launcher("--state-directory=" + state())).isZero();
    }

    @Test
    void everythingElseIsAskedOfJava() throws Exception {
        assertThat(launcher("--parallel=1")).isEqualTo(ASKED_JAVA);
        assertThat(launcher("--parallel=x")).isEqualTo(ASKED_JAVA);
        assertThat(launcher("-t")).isEqualTo(ASKED_JAVA);
        assertThat(launcher("-c", "/etc/other.conf")).isEqualTo(ASKED_JAVA);
        assertThat(launcher("--state-directory", directory.toString())).isEqualTo(ASKED_JAVA);
        for (String other : List.of(
                "pg_wal/000000010000000000000005",
                "pg_wal/000000020000000000000004",
                "pg_wal/" + SENT + ".partial",
                "pg_wal/00000002.history",
                "pg_wal",
                data.resolve(wal).toString())) {
            wal = other;
            assertThat(launcher()).as(other).isEqualTo(ASKED_JAVA);
        }
    }

    @Test
    void changedFileIsAskedOfJava() throws Exception {
        Path file = data.resolve(wal);
        FileTime time = Files.getLastModifiedTime(file);
        Instant later = time.toInstant().plusNanos(1);
        Files.setLastModifiedTime(file, FileTime.from(later));
        assertThat(launcher()).isEqualTo(ASKED_JAVA);
        Files.setLastModifiedTime(file, time);
        assertThat(launcher()).isZero();

        byte[] content = Files.readAllBytes(file);
        Files.move(file, data.resolve("pg_wal/old"));
        Files.write(file, content);
        Files.setLastModifiedTime(file, time);
        assertThat(launcher()).isEqualTo(ASKED_JAVA);
    }

    @Test
    void anotherClusterIsAskedOfJava() throws Exception {
        byte[] control = Files.readAllBytes(data.resolve("global/pg_control"));
        control[0] ^= 1;
        Files.write(data.resolve("global/pg_control"), control);
        assertThat(launcher()).isEqualTo(ASKED_JAVA);
        Files.delete(data.resolve("global/pg_control"));
        assertThat(launcher()).isEqualTo(ASKED_JAVA);
    }

    @Test
    void recordThatIsDamagedOrNotOursAloneIsAskedOfJava() throws Exception {
        Path record = state().resolve("archived-segments");
        byte[] good = Files.readAllBytes(record);
        for (int i = 0; i < good.length; i += 7) {
            byte[] bad = good.clone();
            bad[i] ^= 1;
            Files.write(record, bad);
            assertThat(launcher()).as("byte %d", i).isEqualTo(ASKED_JAVA);
        }
        Files.write(record, Arrays.copyOf(good, good.length - 4));
        assertThat(launcher()).isEqualTo(ASKED_JAVA);
        Files.write(record, good);
        Files.writeString(record, "x", StandardOpenOption.APPEND);
        assertThat(launcher()).isEqualTo(ASKED_JAVA);
        Files.write(record, good);
        assertThat(launcher()).isZero();

        // As a directory is that the user has made: others may read it.
        for (String mode : List.of("rwxr-xr-x", "rwxr-x---", "rwx--x--x", "rwx------")) {
            Files.setPosixFilePermissions(state(), PosixFilePermissions.fromString(mode));
            assertThat(launcher()).as(mode).isZero();
        }
        for (String mode : List.of("rwxrwx---", "rwx-w----", "rwx-wxr-x", "rwxr-xrwx", "rwx----w-")) {
            Files.setPosixFilePermissions(state(), PosixFilePermissions.fromString(mode));
            assertThat(launcher()).as(mode).isEqualTo(ASKED_JAVA);
        }
        Files.setPosixFilePermissions(state(), PosixFilePermissions.fromString("rwx------"));
        if (System.getProperty("user.name").equals("root")) {
            Files.setAttribute(state(), "unix:uid", 65534);
            assertThat(launcher()).isEqualTo(ASKED_JAVA);
        }
    }
}

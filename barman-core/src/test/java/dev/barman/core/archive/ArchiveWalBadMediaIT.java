// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.barman.core.BarmanException;
import dev.barman.testing.SmallDisk;
import dev.barman.wal.storage.SampleWals;
import java.io.File;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Full and read-only file systems: the error says what, where and what to do; nothing is lost, and the next pass completes it. */
class ArchiveWalBadMediaIT {
    private static final int WALS = 12;

    @TempDir
    Path home;

    private final List<String> names = new ArrayList<>();

    @BeforeEach
    void chooseNames() {
        for (int i = 1; i <= WALS; i++) {
            names.add(String.format("0000000100000000%08X", i));
        }
    }

    private void arriveAll(ArchiveServer server) throws Exception {
        for (String name : names) {
            server.arrive(server.incoming, name);
        }
    }

    private BarmanException failureOf(ArchiveServer server) {
        return catchThrowableOfType(BarmanException.class, server::archive);
    }

    /** Every WAL is in exactly one place: waiting, or archived and indexed once. No temporary file is left. */
    private void assertNothingLost(ArchiveServer server) throws Exception {
        List<String> indexed = server.index().exists() ? server.indexed() : List.of();
        assertThat(indexed).doesNotHaveDuplicates();
        for (String name : names) {
            byte[] content = ArchiveServer.segment(name, SampleWals.SYSTEM_ID);
            if (Files.exists(server.incoming.resolve(name))) {
                assertThat(server.incoming.resolve(name)).hasBinaryContent(content);
            } else {
                assertThat(indexed).contains(name);
                assertThat(server.stored(name)).isEqualTo(content);
            }
        }
        assertThat(ArchiveServer.files(server.wals)).noneMatch(file -> file.contains(".tmp"));
        assertThat(ArchiveServer.files(server.errors)).isEmpty();
    }

    private void assertComplete(ArchiveServer server) throws Exception {
        assertThat(server.indexed()).containsExactlyElementsOf(names);
        assertThat(ArchiveServer.files(server.incoming)).isEmpty();
        assertNothingLost(server);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "compression = gzip", "compression = zstd", "pre_archive_script = true"})
    void fullArchiveDisk(String option) throws Exception {
        assumeTrue(SmallDisk.isPossible(home), "file systems cannot be mounted here");
        ArchiveServer server = new ArchiveServer(home, "archiver = on", option);
        arriveAll(server);
        // Four WALs and some room: were the disk full to the last page, not one line of the index could be written.
        try (SmallDisk disk = SmallDisk.on(server.wals, "4200k")) {
            BarmanException failure = failureOf(server);

            assertThat(failure.getMessage())
                    .startsWith("Cannot archive " + server.incoming.resolve("0000000100000000"))
                    .contains(" in " + server.wals + ": ")
                    .contains("No space left on device")
                    .contains("Free some space for " + server.wals + ". Nothing was lost");
            assertNothingLost(server);
            int archived = server.indexed().size();
            assertThat(archived).isBetween(2, WALS - 2);

            disk.remount("size=64m");
            server.archive();
            assertComplete(server);
        }
    }

    /** The same where nothing can be mounted: the limit of the size of a file, as on a file system with quota. */
    @Test
    void fileSizeLimit() throws Exception {
        ArchiveServer server = new ArchiveServer(
                home,
                "archiver = on",
                "compression = custom",
                "custom_compression_filter = cat",
                "custom_decompression_filter = cat");
        arriveAll(server);
        List<String> command = new ArrayList<>(ArchiveWalChild.command(home.resolve("barman.conf")));
        command.addAll(0, List.of("/bin/sh", "-c", "trap '' XFSZ; ulimit -f 1000; exec \"$@\"", "sh"));
        File log = home.resolve("log").toFile();

        int code = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log)
                .start()
                .waitFor();

        assertThat(code).isEqualTo(1);
        assertThat(log).content().contains("Cannot archive " + server.incoming.resolve(names.get(0)));
        assertNothingLost(server);
        server.archive();
        assertComplete(server);
    }

    @Test
    void readOnlyArchive() throws Exception {
        assumeTrue(SmallDisk.isPossible(home), "file systems cannot be mounted here");
        ArchiveServer server = new ArchiveServer(home, "archiver = on");
        try (SmallDisk disk = SmallDisk.on(server.wals, "64m")) {
            server.arrive(server.incoming, "00000002.history", new byte[1]);
            server.archive();
            names.clear();
            chooseNames();
            arriveAll(server);
            disk.remount("ro");

            BarmanException failure = failureOf(server);

            assertThat(failure.getMessage())
                    .startsWith("Cannot archive " + server.incoming.resolve(names.get(0)) + " in " + server.wals)
                    .contains("Read-only file system")
                    .contains("Let this user read the file and write to " + server.wals);
            assertThat(ArchiveServer.files(server.incoming)).containsExactlyElementsOf(names);

            disk.remount("rw");
            server.archive();
            names.add(0, "00000002.history");
            assertThat(server.indexed()).containsExactlyElementsOf(names);
            assertThat(ArchiveServer.files(server.incoming)).isEmpty();
        }
    }

    /** The archive can be written and the source not be removed: the WAL must not get a second line when it comes again. */
    @ParameterizedTest
    @ValueSource(strings = {"", "compression = gzip"})
    void readOnlyIncoming(String option) throws Exception {
        assumeTrue(SmallDisk.isPossible(home), "file systems cannot be mounted here");
        ArchiveServer server = new ArchiveServer(home, "archiver = on", option);
        try (SmallDisk disk = SmallDisk.on(server.incoming, "64m")) {
            arriveAll(server);
            disk.remount("ro");

            for (int i = 0; i < 2; i++) {
                assertThat(failureOf(server).getMessage())
                        .contains("Cannot remove " + server.incoming)
                        .contains("Read-only file system")
                        .contains("Let this user write to " + server.incoming);
            }
            assertThat(ArchiveServer.files(server.incoming)).containsExactlyElementsOf(names);

            disk.remount("rw");
            server.archive();
            assertComplete(server);
        }
    }

    @Test
    void errorsDirectoryThatCannotBeWritten() throws Exception {
        ArchiveServer server = new ArchiveServer(home, "archiver = on");
        Files.writeString(server.errors, "in the way");
        server.arrive(server.incoming, names.get(0));
        server.archive();
        byte[] other = ArchiveServer.segment(names.get(1), SampleWals.SYSTEM_ID);
        server.arrive(server.incoming, names.get(0), other);

        assertThat(failureOf(server).getMessage())
                .startsWith("Cannot move " + server.incoming.resolve(names.get(0)) + " to the errors directory "
                        + server.errors + ": exists already");

        assertThat(server.incoming.resolve(names.get(0))).hasBinaryContent(other);
        Files.delete(server.errors);
        server.archive();
        assertThat(ArchiveServer.files(server.errors))
                .containsExactly(names.get(0) + "." + ArchiveServer.STAMP + ".duplicate");
    }

    @Test
    void putWalIntoAFullDirectoryIsNotAcknowledged() throws Exception {
        assumeTrue(SmallDisk.isPossible(home), "file systems cannot be mounted here");
        ArchiveServer server = new ArchiveServer(home, "archiver = on");
        byte[] content = ArchiveServer.segment(names.get(0), SampleWals.SYSTEM_ID);
        Path tar = home.resolve("wal.tar");
        try (TarArchiveOutputStream out = new TarArchiveOutputStream(Files.newOutputStream(tar))) {
            for (String name : List.of(names.get(0), "SHA256SUMS")) {
                byte[] bytes =
                        name.equals("SHA256SUMS") ? (sha256(content) + " *" + names.get(0) + "\n").getBytes() : content;
                TarArchiveEntry entry = new TarArchiveEntry(name);
                entry.setSize(bytes.length);
                out.putArchiveEntry(entry);
                out.write(bytes);
                out.closeArchiveEntry();
            }
        }
        try (SmallDisk disk = SmallDisk.on(server.incoming, "512k")) {
            BarmanException failure = catchThrowableOfType(BarmanException.class, () -> put(server, tar));

            assertThat(failure.getMessage())
                    .startsWith("Cannot store WAL files in " + server.incoming + " in put-wal for server 'main'")
                    .contains("No space left on device")
                    .contains("Nothing was acknowledged");
            assertThat(ArchiveServer.files(server.incoming)).isEmpty();

            disk.remount("size=16m");
            assertThat(put(server, tar)).isTrue();
            assertThat(server.incoming.resolve(names.get(0))).hasBinaryContent(content);
        }
    }

    private static String sha256(byte[] content) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    }

    private static boolean put(ArchiveServer server, Path tar) throws Exception {
        try (InputStream in = Files.newInputStream(tar)) {
            return new PutWal(server.config, server.messages, ArchiveServer.CLOCK, "").receive(in);
        }
    }
}

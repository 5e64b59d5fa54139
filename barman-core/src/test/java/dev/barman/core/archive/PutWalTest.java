// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.barman.core.BarmanException;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionLevel;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import dev.barman.wal.storage.SampleWals;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PutWalTest {
    private static final String W1 = "000000010000000000000001";
    private static final String ORIGIN = " (SSH host: 192.0.2.7)";
    private static final byte[] CONTENT = SampleWals.content(1, 100_000);
    private static final byte[] OTHER = SampleWals.content(2, 100_000);

    @TempDir
    Path home;

    private ArchiveServer server;

    @BeforeEach
    void createServer() throws Exception {
        server = new ArchiveServer(home, "archiver = on");
    }

    /** A tar archive in the form that barman-wal-archive sends. */
    static final class Tar {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final TarArchiveOutputStream out = new TarArchiveOutputStream(bytes, 10240, "UTF-8");

        Tar() {
            out.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
            out.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
        }

        Tar file(String name, byte[] content) throws IOException {
            TarArchiveEntry entry = new TarArchiveEntry(name);
            entry.setSize(content.length);
            entry.setLastModifiedTime(FileTime.from(SampleWals.MODIFIED));
            out.putArchiveEntry(entry);
            out.write(content);
            out.closeArchiveEntry();
            return this;
        }

        Tar text(String name, String content) throws IOException {
            return file(name, content.getBytes(StandardCharsets.UTF_8));
        }

        Tar symlink(String name) throws IOException {
            out.putArchiveEntry(new TarArchiveEntry(name, TarArchiveEntry.LF_SYMLINK));
            out.closeArchiveEntry();
            return this;
        }

        InputStream stream() throws IOException {
            return new ByteArrayInputStream(bytes());
        }

        byte[] bytes() throws IOException {
            out.close();
            return bytes.toByteArray();
        }
    }

    private static String hash(String algorithm, byte[] content) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(content));
    }

    private static String sum(byte[] content, String name) throws Exception {
        return hash("SHA-256", content) + " *" + name + "\n";
    }

    private static Tar wal(byte[] content) throws Exception {
        return new Tar().file(W1, content).text("SHA256SUMS", sum(content, W1));
    }

    private boolean receive(InputStream stream) throws BarmanException {
        server.messages.clear();
        return new PutWal(server.config, server.messages, ArchiveServer.CLOCK, ORIGIN).receive(stream);
    }

    /** Standard input that is a pipe: the JVM skips by seeking, which a pipe refuses. */
    @Test
    void aStreamThatCannotSkipIsReadAllTheSame() throws Exception {
        InputStream pipe = new java.io.FilterInputStream(wal(CONTENT).stream()) {
            @Override
            public long skip(long n) throws IOException {
                throw new IOException("Illegal seek");
            }

            @Override
            public void skipNBytes(long n) throws IOException {
                throw new IOException("Illegal seek");
            }

            @Override
            public byte[] readNBytes(int length) throws IOException {
                throw new IOException("Illegal seek");
            }
        };
        assertThat(receive(pipe)).isTrue();
        assertThat(Files.readAllBytes(server.config.directories().incoming().resolve(W1)))
                .isEqualTo(CONTENT);
    }

    private void assertRefused(Tar tar, String message) throws IOException {
        InputStream stream = tar.stream();
        assertThatExceptionOfType(BarmanException.class)
                .isThrownBy(() -> receive(stream))
                .withMessage(message + " in put-wal for server 'main'" + ORIGIN);
        assertThat(ArchiveServer.files(server.incoming)).isEmpty();
    }

    @Test
    void fileArrivesWithItsTimeAndSilently() throws Exception {
        assertThat(receive(wal(CONTENT).stream())).isTrue();

        assertThat(server.incoming.resolve(W1)).hasBinaryContent(CONTENT);
        assertThat(Files.getLastModifiedTime(server.incoming.resolve(W1)))
                .isEqualTo(FileTime.from(Instant.parse("2026-11-20T11:16:02.5696091Z")));
        assertThat(ArchiveServer.files(server.incoming)).containsExactly(W1);
        assertThat(server.messages.lines()).isEmpty();
    }

    @Test
    void sumsMayComeFirstAndNamesNeedNotBeWalNames() throws Exception {
        Tar tar = new Tar()
                .text("SHA256SUMS", sum(CONTENT, W1) + hash("SHA-256", OTHER) + "  ./notes\n")
                .file("./" + W1, CONTENT)
                .file("notes", OTHER);

        assertThat(receive(tar.stream())).isTrue();
        assertThat(ArchiveServer.files(server.incoming)).containsExactly(W1, "notes");
    }

    @Test
    void md5IsUsedWhenItsSumsOccur() throws Exception {
        Tar tar = new Tar().file(W1, CONTENT).text("MD5SUMS", hash("MD5", CONTENT) + " *" + W1 + "\n");

        assertThat(receive(tar.stream())).isTrue();
        assertThat(server.incoming.resolve(W1)).hasBinaryContent(CONTENT);
    }

    @ParameterizedTest
    @CsvSource({"gnu, 150", "pax, 150", "ustar, 90"})
    void realTarProgramIsUnderstood(String format, int nameLength) throws Exception {
        Path work = Files.createDirectory(home.resolve("work"));
        String longName = "a".repeat(nameLength);
        Files.write(work.resolve(W1), CONTENT);
        Files.write(work.resolve(longName), OTHER);
        Files.writeString(work.resolve("SHA256SUMS"), sum(CONTENT, W1) + sum(OTHER, longName));
        Path tar = home.resolve("wal.tar");
        int exit = new ProcessBuilder(
                        "tar",
                        "--format=" + format,
                        "-cf",
                        tar.toString(),
                        "-C",
                        work.toString(),
                        W1,
                        longName,
                        "SHA256SUMS")
                .inheritIO()
                .start()
                .waitFor();
        assertThat(exit).isZero();

        try (InputStream in = Files.newInputStream(tar)) {
            assertThat(receive(in)).isTrue();
        }

        assertThat(server.incoming.resolve(W1)).hasBinaryContent(CONTENT);
        assertThat(server.incoming.resolve(longName)).hasBinaryContent(OTHER);
    }

    @Test
    void nameThatOccursTwiceIsRefused() throws Exception {
        assertRefused(new Tar().file(W1, CONTENT).file(W1, OTHER), "File '" + W1 + "' occurs twice");
    }

    @Test
    void badStreamsAreRefusedAndLeaveNothing() throws Exception {
        assertRefused(new Tar().file(W1, CONTENT), "Missing checksum for file '" + W1 + "'");
        assertRefused(
                new Tar().file(W1, CONTENT).text("SHA256SUMS", "0000 *" + W1 + "\n"),
                "Bad file checksum '" + hash("SHA-256", CONTENT) + "' (should be 0000) for file '" + W1 + "'");
        assertRefused(
                wal(CONTENT).text("MD5SUMS", ""),
                "Bad file checksum '" + hash("MD5", CONTENT) + "' (should be " + hash("SHA-256", CONTENT)
                        + ") for file '" + W1 + "'");
        assertRefused(
                wal(CONTENT).text("SHA256SUMS", sum(CONTENT, "other")), "Checksum without corresponding file 'other'");
        assertRefused(new Tar().file("d/" + W1, CONTENT), "Unsupported filename 'd/" + W1 + "'");
        assertRefused(new Tar().file("../" + W1, CONTENT), "Unsupported filename '../" + W1 + "'");
        assertRefused(new Tar().file(".hidden", CONTENT), "Unsupported filename '.hidden'");
        assertRefused(new Tar().symlink("lnk"), "Unsupported file type 'b'2'' for file 'lnk'");
    }

    @Test
    void oneBadFileKeepsAllAway() throws Exception {
        Tar tar = new Tar()
                .file(W1, CONTENT)
                .file("notes", OTHER)
                .text("SHA256SUMS", sum(CONTENT, W1) + sum(CONTENT, "notes"));
        InputStream stream = tar.stream();

        assertThatExceptionOfType(BarmanException.class).isThrownBy(() -> receive(stream));

        assertThat(ArchiveServer.files(server.incoming)).isEmpty();
    }

    @Test
    void badChecksumLinesAreWarnedAboutAndSkipped() throws Exception {
        Tar tar = new Tar().file(W1, CONTENT).text("SHA256SUMS", "nonsense\n" + sum(CONTENT, W1));

        assertThat(receive(tar.stream())).isTrue();
        assertThat(server.messages.lines())
                .containsExactly("WARNING: Bad checksum line 'nonsense' found in put-wal for server 'main'" + ORIGIN);
    }

    @Test
    void emptyInputAndGarbageAreToldInBarmansWords() throws Exception {
        assertThat(receive(new ByteArrayInputStream(new byte[0]))).isFalse();
        assertThat(server.messages.lines()).containsExactly("EXCEPTION: empty file");
        assertThat(receive(new ByteArrayInputStream("garbage".getBytes(StandardCharsets.UTF_8))))
                .isFalse();
        assertThat(server.messages.lines()).containsExactly("EXCEPTION: truncated header");
    }

    /** Whatever the position at which the connection breaks: no acknowledgement, nothing visible, no leftovers. */
    @Test
    void truncatedStreamIsRefusedAtEveryLength() throws Exception {
        byte[] whole = wal(SampleWals.content(3, 3000)).bytes();
        int padding = 0;
        while (whole[whole.length - 1 - padding] == 0) {
            padding++;
        }
        for (int length = 0; length < whole.length - padding; length += 97) {
            InputStream cut = new ByteArrayInputStream(whole, 0, length);
            boolean accepted;
            try {
                accepted = receive(cut);
            } catch (BarmanException e) {
                accepted = false;
            }
            assertThat(accepted).as("length %d", length).isFalse();
            assertThat(ArchiveServer.files(server.incoming)).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {100, 124, 136, 148, 257})
    void damagedHeaderIsRefused(int position) throws Exception {
        byte[] bytes = wal(CONTENT).bytes();
        int header = Arrays.equals(bytes, 156, 157, new byte[] {'x'}, 0, 1) ? 1024 : 0;
        bytes[header + position] ^= 0x11;

        assertThat(receive(new ByteArrayInputStream(bytes))).isFalse();
        assertThat(server.messages.lines()).hasSize(1).first().asString().startsWith("EXCEPTION: ");
        assertThat(ArchiveServer.files(server.incoming)).isEmpty();
    }

    @Test
    void sameFileAgainIsWell() throws Exception {
        receive(wal(CONTENT).stream());

        assertThat(receive(wal(CONTENT).stream())).isTrue();
        assertThat(server.messages.lines()).isEmpty();
        assertThat(ArchiveServer.files(server.incoming)).containsExactly(W1);
        assertThat(ArchiveServer.files(server.errors)).isEmpty();
    }

    /** In the reference a repetition of the same WAL with other compressed bytes is a mismatch. */
    @Test
    void hazardSameContentCompressedDifferentlyIsTheSame() throws Exception {
        receive(wal(gzip(CONTENT, 1)).stream());

        assertThat(receive(wal(gzip(CONTENT, 9)).stream())).isTrue();
        assertThat(server.messages.lines()).isEmpty();
    }

    @Test
    void otherContentIsKeptAndNotAcknowledged() throws Exception {
        receive(wal(CONTENT).stream());

        assertThat(receive(wal(OTHER).stream())).isFalse();

        assertThat(server.messages.lines())
                .containsExactly("\tError: Duplicate Files Detected with Mismatched Checksums. File " + W1
                        + " already exists on server main with checksum " + hash("SHA-256", CONTENT)
                        + ", but the checksum of the incoming file is" + hash("SHA-256", OTHER)
                        + ". The file has been moved to the errors directory.");
        assertThat(server.incoming.resolve(W1)).hasBinaryContent(CONTENT);
        assertThat(server.errors.resolve(W1 + "." + ArchiveServer.STAMP + ".duplicate"))
                .hasBinaryContent(OTHER);
        assertThat(ArchiveServer.files(server.incoming)).containsExactly(W1);
    }

    @Test
    void repeatedMismatchIsKeptOnceAndNeverAcknowledged() throws Exception {
        receive(wal(CONTENT).stream());
        for (int i = 0; i < 3; i++) {
            assertThat(receive(wal(OTHER).stream())).isFalse();
        }
        assertThat(ArchiveServer.files(server.errors)).hasSize(1);

        assertThat(receive(wal(SampleWals.content(3, 10)).stream())).isFalse();
        assertThat(ArchiveServer.files(server.errors)).hasSize(2);
    }

    /** In the reference the file is lost and the sender told that all is well. */
    @Test
    void hazardErrorsDirectoryThatCannotBeCreatedIsAFailure() throws Exception {
        receive(wal(CONTENT).stream());
        Files.writeString(server.errors, "in the way");
        InputStream stream = wal(OTHER).stream();

        assertThatExceptionOfType(BarmanException.class)
                .isThrownBy(() -> receive(stream))
                .withMessageContaining("Cannot move ")
                .withMessageContaining(server.errors.toString());
    }

    @Test
    void missingIncomingDirectoryIsAClearError() throws Exception {
        Files.delete(server.incoming);
        InputStream stream = wal(CONTENT).stream();

        assertThatExceptionOfType(BarmanException.class)
                .isThrownBy(() -> receive(stream))
                .withMessageStartingWith("Cannot store WAL files in " + server.incoming)
                .withMessageContaining("no such file or directory");
    }

    private Path leftover(long pid) throws IOException {
        return Files.write(server.incoming.resolve("." + pid + "-" + W1), CONTENT);
    }

    private static long deadProcess() throws Exception {
        Process process = new ProcessBuilder("true").start();
        process.waitFor();
        return process.pid();
    }

    private void receiveLater(Duration later) throws Exception {
        Clock clock = Clock.offset(Clock.systemUTC(), later);
        assertThat(new PutWal(server.config, server.messages, clock, ORIGIN).receive(wal(CONTENT).stream()))
                .isTrue();
    }

    @Test
    void whatAKilledProcessLeftIsRemovedAfterAnHour() throws Exception {
        Path left = leftover(deadProcess());
        Files.setLastModifiedTime(left, FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));

        receiveLater(Duration.ofMinutes(50));
        assertThat(left).exists();

        receiveLater(Duration.ofMinutes(70));
        assertThat(ArchiveServer.files(server.incoming)).containsExactly(W1);
    }

    @Test
    void whatARunningProcessReceivesIsNeverRemoved() throws Exception {
        Process other = new ProcessBuilder("sleep", "60").start();
        try {
            Path running = leftover(other.pid());
            Path own = leftover(ProcessHandle.current().pid());

            receiveLater(Duration.ofDays(30));

            assertThat(running).hasBinaryContent(CONTENT);
            assertThat(own).hasBinaryContent(CONTENT);
        } finally {
            other.destroyForcibly().waitFor();
        }
    }

    @Test
    void onlyFilesThatPutWalMadeAreRemoved() throws Exception {
        long dead = deadProcess();
        for (String name : List.of(".hidden", ".-" + W1, "." + dead, "." + dead + "-", "." + dead + "x-" + W1)) {
            Files.write(server.incoming.resolve(name), CONTENT);
        }
        Files.write(server.incoming.resolve(dead + "-" + W1), CONTENT);
        Files.createDirectory(server.incoming.resolve("." + dead + "-directory"));
        Files.createSymbolicLink(server.incoming.resolve("." + dead + "-link"), server.incoming.resolve(".hidden"));
        List<String> before = ArchiveServer.files(server.incoming);

        receiveLater(Duration.ofDays(30));

        assertThat(ArchiveServer.files(server.incoming)).containsAll(before);
        assertThat(server.incoming.resolve("." + dead + "-directory")).isDirectory();
    }

    private void requireReady() throws BarmanException {
        new PutWal(server.config, server.messages, ArchiveServer.CLOCK, ORIGIN).requireReady();
    }

    @Test
    void readyIsWhoCanReallyWrite() throws Exception {
        requireReady();
        assertThat(ArchiveServer.files(server.incoming)).isEmpty();

        Files.delete(server.incoming);
        assertThatExceptionOfType(BarmanException.class)
                .isThrownBy(this::requireReady)
                .withMessageStartingWith("Cannot store WAL files in " + server.incoming
                        + " in put-wal for server 'main'" + ORIGIN + ": no such file or directory")
                .withMessageEndingWith("Hint: create it, or run \"barman check main\", which does.");

        // Where not even root can make a file.
        server = new ArchiveServer(home, "archiver = on", "incoming_wals_directory = /proc/self");
        assertThatExceptionOfType(BarmanException.class)
                .isThrownBy(this::requireReady)
                .withMessageStartingWith("Cannot store WAL files in /proc/self in put-wal")
                .withMessageEndingWith("Hint: let this user write to it.");
    }

    private static byte[] gzip(byte[] content, int level) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (WalCodec codec =
                        WalCodec.of(CompressionSettings.of(CompressionAlgorithm.GZIP, CompressionLevel.of(level)));
                OutputStream out = codec.compressing(bytes)) {
            out.write(content);
        }
        return bytes.toByteArray();
    }
}

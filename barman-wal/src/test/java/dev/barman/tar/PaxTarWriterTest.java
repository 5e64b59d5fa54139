// SPDX-License-Identifier: Apache-2.0
package dev.barman.tar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.tar.PaxTarWriter.Kind;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What we write is read back by the system's tar. */
class PaxTarWriterTest {
    @TempDir
    Path directory;

    private static PaxTarWriter.Entry entry(String name, long size, Instant modified) {
        return new PaxTarWriter.Entry(name, size, 0640, 26, 27, "", "", modified);
    }

    private static byte[] archive(PaxTarWriter.Entry entry, byte[] content) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PaxTarWriter tar = new PaxTarWriter(out);
        tar.begin(entry);
        tar.write(content, 0, content.length);
        tar.end();
        tar.finish();
        return out.toByteArray();
    }

    private String list(byte[] archive) throws Exception {
        Path file = Files.write(directory.resolve("a.tar"), archive);
        Process tar = new ProcessBuilder("tar", "--utc", "--full-time", "--numeric-owner", "-tvf", file.toString())
                .redirectErrorStream(true)
                .start();
        String listing = new String(tar.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(tar.waitFor()).as(listing).isZero();
        return listing.strip().replaceAll(" +", " ");
    }

    @Test
    void wholeSecondsNeedNoExtendedHeader() throws Exception {
        byte[] archive = archive(entry("00000002.history", 3, Instant.ofEpochSecond(1795182073)), new byte[] {1, 2, 3});

        assertThat(archive).hasSize(10240);
        assertThat(new String(archive, 0, 16, StandardCharsets.US_ASCII)).isEqualTo("00000002.history");
        assertThat(list(archive)).isEqualTo("-rw-r----- 26/27 3 2026-11-20 13:41:13 00000002.history");
    }

    @Test
    void fractionOfASecondIsKept() throws Exception {
        byte[] content = new byte[20000];
        byte[] archive = archive(
                entry("000000010000000000000001", 20000, Instant.ofEpochSecond(1795182073, 735392600)), content);

        assertThat(archive.length % 10240).isZero();
        assertThat(new String(archive, 0, 14, StandardCharsets.US_ASCII)).isEqualTo("././@PaxHeader");
        assertThat(new String(archive, 512, 28, StandardCharsets.US_ASCII)).isEqualTo("28 mtime=1795182073.7353926\n");
        assertThat(list(archive))
                .isEqualTo("-rw-r----- 26/27 20000 2026-11-20 13:41:13.7353926 000000010000000000000001");
    }

    @Test
    void largeOwnersGoIntoTheExtendedHeaderAndATimeBeforeTheEpochBecomesTheEpoch() throws Exception {
        PaxTarWriter.Entry entry = new PaxTarWriter.Entry(
                "x", 0, 0600, 4_000_000_000L, 3_000_000L, "", "", Instant.ofEpochSecond(-2, 750_000_000));

        assertThat(list(archive(entry, new byte[0])))
                .isEqualTo("-rw------- 4000000000/3000000 0 1970-01-01 00:00:00 x");
    }

    @Test
    void ownersAreNamed() throws Exception {
        byte[] archive =
                archive(new PaxTarWriter.Entry("x", 0, 0600, 1, 2, "postgres", "g".repeat(40), null), new byte[0]);

        assertThat(new String(archive, 265, 9, StandardCharsets.US_ASCII)).isEqualTo("postgres\0");
        assertThat(archive[297]).as("a name that does not fit is left out").isZero();
        // The checksum is over the header with blanks in its own place.
        int sum = 8 * ' ';
        for (int i = 0; i < 512; i++) {
            sum += i >= 148 && i < 156 ? 0 : archive[i] & 0xFF;
        }
        assertThat(new String(archive, 148, 6, StandardCharsets.US_ASCII)).isEqualTo(String.format("%06o", sum));
        assertThat(HexFormat.of().formatHex(archive, 154, 156)).isEqualTo("0020");
    }

    @Test
    void contentMustHaveTheAnnouncedLength() throws Exception {
        PaxTarWriter tar = new PaxTarWriter(new ByteArrayOutputStream());
        tar.begin(entry("x", 2, Instant.EPOCH));

        assertThatThrownBy(() -> tar.write(new byte[3], 0, 3)).isInstanceOf(IllegalStateException.class);
        tar.write(new byte[1], 0, 1);
        assertThatThrownBy(tar::end).hasMessage("1 bytes missing from the entry");
    }

    @Test
    void unsuitableEntriesAreRefused() {
        assertThatThrownBy(() -> entry("", 0, Instant.EPOCH)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> entry("a\0b", 0, Instant.EPOCH)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> entry("a", -1, Instant.EPOCH)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> special(Kind.DIRECTORY, "a", "", 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> special(Kind.LINK, "a", "", 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> special(Kind.FILE, "a", "b", 0)).isInstanceOf(IllegalArgumentException.class);
    }

    private static PaxTarWriter.Entry special(Kind kind, String name, String target, long size) {
        return new PaxTarWriter.Entry(
                kind, name, target, size, 0750, 26, 27, "", "", Instant.ofEpochSecond(1795182073));
    }

    @Test
    void directoriesLinksAndLongNamesAreReadBack() throws Exception {
        String deep = "d".repeat(60) + "/" + "\u00e9".repeat(60);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PaxTarWriter tar = new PaxTarWriter(out);
        for (PaxTarWriter.Entry entry : List.of(
                special(Kind.DIRECTORY, ".", "", 0),
                special(Kind.DIRECTORY, "pg_wal", "", 0),
                special(Kind.LINK, "link", deep, 0),
                special(Kind.FILE, deep, "", 0))) {
            tar.begin(entry);
            tar.end();
        }
        tar.finish();

        Path file = Files.write(directory.resolve("names.tar"), out.toByteArray());
        List<String> read = new ArrayList<>();
        try (TarArchiveInputStream in = new TarArchiveInputStream(Files.newInputStream(file))) {
            for (TarArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                read.add(entry.getName() + (entry.isSymbolicLink() ? " -> " + entry.getLinkName() : ""));
            }
        }
        assertThat(read).containsExactly("./", "pg_wal/", "link -> " + deep, deep);
        assertThat(list(out.toByteArray()).lines())
                .startsWith(
                        "drwxr-x--- 26/27 0 2026-11-20 13:41:13 ./", "drwxr-x--- 26/27 0 2026-11-20 13:41:13 pg_wal/");
    }

    @Test
    void sizesBeyondTheClassicHeaderAreAnnounced() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new PaxTarWriter(out).begin(entry("x", 1L << 34, Instant.EPOCH));

        assertThat(new TarArchiveInputStream(new ByteArrayInputStream(out.toByteArray()))
                        .getNextEntry()
                        .getSize())
                .isEqualTo(1L << 34);
    }
}

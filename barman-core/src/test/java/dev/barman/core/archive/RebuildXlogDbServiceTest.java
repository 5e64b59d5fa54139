// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.core.BarmanException;
import dev.barman.core.config.BarmanConfiguration;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.message.RecordingMessages;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.catalog.XlogDb;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RebuildXlogDbServiceTest {
    private static final String HASH = "main/wals/0000000100000000/";

    @TempDir
    Path home;

    private final RecordingMessages messages = new RecordingMessages();

    @BeforeEach
    void archive() throws IOException {
        store(HASH + "000000010000000000000001", gzip("segment"));
        store(HASH + "000000010000000000000002", "plain".getBytes(StandardCharsets.UTF_8));
        store(HASH + "000000010000000000000002.00000028.backup", "label".getBytes(StandardCharsets.UTF_8));
        store(HASH + "000000010000000000000003", HexFormat.of().parseHex("845e03123456789abcdef0".repeat(20)));
        store("main/wals/00000002.history", "1\t0/3000000\treason\n".getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void theIndexIsMadeFromTheFiles() throws IOException, BarmanException {
        Path index = home.resolve("main/wals/main-xlog.db");
        Files.writeString(index, "damaged\n");

        new RebuildXlogDbService(messages).rebuild(server(""));

        assertThat(messages.lines())
                .containsExactly(
                        "Rebuilding xlogdb for server main",
                        "Done rebuilding xlogdb for server main (history: 1, backup_labels: 1, wal_file: 3)");
        assertThat(new XlogDb(index).entries())
                .containsExactly(
                        entry("000000010000000000000001", gzip("segment").length, "gzip", null),
                        entry("000000010000000000000002", 5, null, null),
                        entry("000000010000000000000002.00000028.backup", 5, null, null),
                        entry("000000010000000000000003", 220, null, "gpg"),
                        entry("00000002.history", 19, null, null));
    }

    @Test
    void customCompressionWithoutMagicIsWhatCannotBeRecognised() throws IOException, BarmanException {
        ServerConfig server = server("""
                compression = custom
                custom_compression_filter = cat
                custom_decompression_filter = cat
                """);
        new RebuildXlogDbService(messages).rebuild(server);
        assertThat(ServerWalIndex.of(server).<List<WalEntry>>read(XlogDb::entries))
                .extracting(WalEntry::compression)
                .containsExactly("gzip", "custom", "custom", null, "custom");
    }

    @Test
    void aMissingIndexIsBuiltByTheFirstReader() throws IOException, BarmanException {
        assertThat(ServerWalIndex.of(server("")).<List<WalEntry>>read(XlogDb::entries))
                .hasSize(5);
        assertThat(home.resolve(".main-xlogdb.lock"))
                .hasContent(ProcessHandle.current().pid() + "\n");
    }

    @Test
    void anArchiveThatCannotBeReadLeavesTheIndexAlone() throws IOException, BarmanException {
        Path index = home.resolve("main/wals/main-xlog.db");
        Files.writeString(index, "old\n");
        ServerConfig server = server("compression = custom\n");
        assertThatThrownBy(() -> new RebuildXlogDbService(messages).rebuild(server))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("custom_compression_filter");
        assertThat(index).hasContent("old\n");
    }

    private ServerConfig server(String options) throws IOException, BarmanException {
        Path main = home.resolve("barman.conf");
        Files.writeString(
                main, "[barman]\nbarman_home = " + home + "\n[main]\nconninfo = host=x\narchiver = on\n" + options);
        return BarmanConfiguration.load(main.toString(), messages)
                .server("main")
                .orElseThrow();
    }

    private void store(String path, byte[] content) throws IOException {
        Path file = home.resolve(path);
        Files.createDirectories(file.getParent());
        Files.write(file, content);
        Files.setLastModifiedTime(file, FileTime.fromMillis(1_700_000_000_500L));
    }

    private static WalEntry entry(String name, long size, String compression, String encryption) {
        return new WalEntry(name, size, 1700000000.5, compression, encryption);
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return out.toByteArray();
    }
}

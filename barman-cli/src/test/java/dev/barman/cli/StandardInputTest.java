// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With a real pipe, which a stream in memory does not stand for. */
class StandardInputTest {
    @TempDir
    Path directory;

    private Path pipe;
    private CompletableFuture<Void> writer;

    @BeforeEach
    void openPipe() throws Exception {
        pipe = directory.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        writer = CompletableFuture.runAsync(() -> {
            try {
                Files.write(pipe, "0123456789abcdefghij".getBytes());
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    @Test
    void everyWayOfReadingWorksOnAPipe() throws Exception {
        try (StandardInput in = new StandardInput(new FileInputStream(pipe.toFile()))) {
            assertThat(in.readNBytes(4)).asString().isEqualTo("0123");
            in.skipNBytes(2);
            assertThat(in.skip(2)).isEqualTo(2);
            assertThat(in.read()).isEqualTo('8');
            byte[] buffer = new byte[3];
            assertThat(in.readNBytes(buffer, 0, 3)).isEqualTo(3);
            assertThat(buffer).asString().isEqualTo("9ab");
            ByteArrayOutputStream rest = new ByteArrayOutputStream();
            in.transferTo(rest);
            assertThat(rest).hasToString("cdefghij");
            assertThat(in.readAllBytes()).isEmpty();
        }
        writer.get();
    }
}

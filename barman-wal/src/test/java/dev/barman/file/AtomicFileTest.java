// SPDX-License-Identifier: Apache-2.0
package dev.barman.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
    @TempDir
    Path directory;

    @Test
    void aNewFileIsWrittenAndNothingElseIsLeft() throws IOException {
        Path file = directory.resolve("identity.json");
        AtomicFile.write(file, bytes("{}\n"));
        assertThat(file).hasContent("{}\n");
        assertThat(listing()).containsExactly("identity.json");
    }

    @Test
    void theModeOfTheFileThatIsReplacedIsKept() throws IOException {
        Path file = Files.writeString(directory.resolve("main-xlog.db"), "old");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-r--"));
        AtomicFile.write(file, bytes("new"));
        assertThat(file).hasContent("new");
        assertThat(mode(file)).isEqualTo("rw-rw-r--");
        AtomicFile.write(file, bytes("newer"), "rw-------");
        assertThat(mode(file)).isEqualTo("rw-------");
    }

    @Test
    void aWriterThatFailsLeavesTheOldContentAndNoTemporaryFile() throws IOException {
        Path file = Files.writeString(directory.resolve("main-xlog.db"), "old");
        assertThatThrownBy(() -> AtomicFile.write(
                        file,
                        out -> {
                            out.write(bytes("half"));
                            out.flush();
                            throw new IOException("disk full");
                        },
                        null))
                .hasMessage("disk full");
        assertThat(file).hasContent("old");
        assertThat(listing()).containsExactly("main-xlog.db");
    }

    @Test
    void theWriterMayCloseItsStream() throws IOException {
        Path file = directory.resolve("file");
        AtomicFile.write(
                file,
                out -> {
                    try (out) {
                        out.write(bytes("content"));
                    }
                },
                null);
        assertThat(file).hasContent("content");
    }

    @Test
    void leftoversOfKilledWritersAreRemovedAndNothingElse() throws IOException {
        for (String name :
                List.of("a-xlog.db", "a-xlog.db.1f.tmp", "a-xlog.db.tmp", "a-xlog.db.xyz.tmp", "b-xlog.db.1f.tmp")) {
            Files.writeString(directory.resolve(name), "");
        }
        AtomicFile.removeLeftovers(directory.resolve("a-xlog.db"));
        assertThat(listing()).containsExactly("a-xlog.db", "a-xlog.db.tmp", "a-xlog.db.xyz.tmp", "b-xlog.db.1f.tmp");
    }

    @Test
    void fsyncReportsWhatIsMissing() throws IOException {
        Fsync.directory(directory);
        Fsync.file(Files.writeString(directory.resolve("file"), "x"));
        assertThatThrownBy(() -> Fsync.file(directory.resolve("none"))).isInstanceOf(IOException.class);
    }

    private List<String> listing() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}

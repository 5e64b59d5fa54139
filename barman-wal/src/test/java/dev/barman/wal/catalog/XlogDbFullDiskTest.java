// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A disk that gets full in the middle of a line, played by a limit on the size of files. */
@Timeout(60)
class XlogDbFullDiskTest {
    private static final int BLOCKS = 16;
    private static final int LIMIT = BLOCKS * 512;

    @TempDir
    Path directory;

    @Test
    void aGroupThatDoesNotFitIsNotThereAtAllAndTheIndexStaysReadable() throws Exception {
        Path file = directory.resolve("main-xlog.db");
        Path output = directory.resolve("acknowledged");
        Process child = new ProcessBuilder(
                        "sh",
                        "-c",
                        "ulimit -f " + BLOCKS + "; exec \"$@\"",
                        "sh",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:-UsePerfData",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Appender.class.getName(),
                        file.toString())
                .redirectOutput(output.toFile())
                .redirectError(directory.resolve("errors").toFile())
                .start();
        assertThat(child.waitFor())
                .as(Files.readString(directory.resolve("errors")))
                .isEqualTo(3);

        List<String> acknowledged = Files.readAllLines(output);
        assertThat(acknowledged).hasSizeGreaterThan(20);
        XlogDb index = new XlogDb(file);
        assertThat(index.entries()).extracting(WalEntry::name).containsExactlyElementsOf(acknowledged);
        assertThat(Files.readString(file)).endsWith("\n");
        assertThat(Files.size(file)).as("room for part of a group").isBetween(LIMIT - 2000L, LIMIT - 1L);
        try (var files = Files.list(directory)) {
            assertThat(files).as("no temporary files").hasSize(3);
        }
    }

    /** Appends groups until one fails, then tries to rewrite the file with one line more. */
    static final class Appender {
        private Appender() {}

        public static void main(String[] args) throws IOException {
            XlogDb index = new XlogDb(Path.of(args[0]));
            long next = 1;
            List<WalEntry> all = new ArrayList<>();
            while (true) {
                List<WalEntry> group = new ArrayList<>();
                for (int i = 0; i < 20; i++) {
                    group.add(new WalEntry(String.format("%024X", next++), next, next + 0.5, "gzip", null));
                }
                all.addAll(group);
                try {
                    index.append(group);
                } catch (IOException full) {
                    break;
                }
                group.forEach(entry -> System.out.println(entry.name()));
            }
            try {
                index.replace(all.iterator());
            } catch (IOException full) {
                System.exit(3);
            }
        }
    }
}

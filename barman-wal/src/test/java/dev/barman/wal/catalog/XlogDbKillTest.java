// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Kills a process that appends and rewrites, and looks at what it left. */
@Timeout(120)
class XlogDbKillTest {
    private static final int KILLS = 8;

    @TempDir
    Path directory;

    @Test
    void whatWasAcknowledgedSurvivesEveryKillAndNothingIsDamaged() throws Exception {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        Path file = directory.resolve("main-xlog.db");
        XlogDb index = new XlogDb(file);
        for (int kill = 0; kill < KILLS; kill++) {
            Path output = directory.resolve("acknowledged");
            Process child = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            Appender.class.getName(),
                            file.toString())
                    .redirectOutput(output.toFile())
                    .redirectError(directory.resolve("errors").toFile())
                    .start();
            while (Files.size(output) == 0 && child.isAlive()) {
                Thread.sleep(5);
            }
            Thread.sleep(random.nextInt(150));
            child.destroyForcibly().waitFor();
            List<String> acknowledged = new ArrayList<>(Files.readAllLines(output));
            // the last one may have been cut by the kill
            acknowledged.removeIf(name -> name.length() != 24);
            assertThat(acknowledged).isNotEmpty();
            assertThat(child.exitValue()).isEqualTo(137);
            List<WalEntry> entries = index.entries();
            assertThat(entries)
                    .extracting(WalEntry::name)
                    .containsAll(acknowledged)
                    .doesNotHaveDuplicates();
            index.append(List.of(new WalEntry(String.format("%08X.history", kill + 1), 1, 1, null, null)));
            assertThat(index.entries()).hasSize(entries.size() + 1).startsWith(entries.toArray(WalEntry[]::new));
            assertThat(Files.readString(file)).endsWith("\n").doesNotContain("\0");
        }
    }

    /** The process that is killed: appends groups of segments and now and then rewrites the whole file. */
    static final class Appender {
        private Appender() {}

        public static void main(String[] args) throws Exception {
            XlogDb index = new XlogDb(Path.of(args[0]));
            long next = index.entries().size() + 1L;
            for (int round = 0; ; round++) {
                List<WalEntry> group = new ArrayList<>();
                for (int i = 0; i < 20; i++) {
                    group.add(new WalEntry(String.format("%024X", next++), next, next + 0.5, "gzip", null));
                }
                index.append(group);
                if (round % 7 == 6) {
                    index.retain(line -> true);
                }
                for (WalEntry entry : group) {
                    System.out.println(entry.name());
                }
                System.out.flush();
            }
        }
    }
}

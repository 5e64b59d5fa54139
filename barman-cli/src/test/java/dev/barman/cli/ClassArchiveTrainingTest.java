// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassArchiveTrainingTest {
    @TempDir
    Path home;

    @Test
    void whatIsSentIsReceived() throws Exception {
        Path incoming = Files.createDirectories(home.resolve("training/incoming"));
        Path config = Files.writeString(
                home.resolve("barman.conf"),
                "[barman]\nbarman_home = " + home + "\nbarman_user = " + System.getProperty("user.name")
                        + "\nlog_file = " + home.resolve("barman.log")
                        + "\n[training]\nconninfo = host=none\nstreaming_conninfo = host=none\n"
                        + "backup_method = postgres\narchiver = on\n");
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        String[] command = {"-c", config.toString(), "put-wal", "training"};
        assertThat(Main.run(command, Map.of(), ClassArchiveTraining.sentWal(), nowhere, nowhere))
                .isZero();
        assertThat(incoming.resolve("000000010000000000000005")).hasSize(1 << 20);
    }
}

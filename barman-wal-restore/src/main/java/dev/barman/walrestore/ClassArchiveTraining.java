// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Runs both commands so that their classes are loaded, for {@code lib/prepare}, which writes the loaded classes into the class
 * archive. Local commands stand for the server; whether a transfer succeeds does not matter.
 */
public final class ClassArchiveTraining {
    private static final int SEGMENT_BYTES = 1 << 20;

    private ClassArchiveTraining() {}

    /** Runs the commands and deletes what they left. */
    public static void main(String[] args) throws IOException {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        Path directory = Files.createTempDirectory("barman-training");
        Path segment = directory.resolve("000000010000000000000001");
        Path target = directory.resolve("RECOVERYXLOG");
        try {
            Files.write(segment, new byte[SEGMENT_BYTES]);
            String send = "sh -c 'cat " + segment + "'";
            String receive = "sh -c 'cat >/dev/null'";
            String name = segment.getFileName().toString();
            WalRestoreMain.run(new String[] {"--version"}, nowhere, nowhere);
            WalRestoreMain.run(new String[] {"--help"}, nowhere, nowhere);
            WalRestoreMain.run(
                    new String[] {"--local-command", send, "host", "server", name, target.toString()},
                    nowhere,
                    nowhere);
            WalArchiveMain.run(new String[] {"--version"}, nowhere, nowhere);
            WalArchiveMain.run(
                    new String[] {"--local-command", receive, "host", "server", segment.toString()}, nowhere, nowhere);
        } finally {
            Files.deleteIfExists(target);
            Files.deleteIfExists(segment);
            try (var left = Files.newDirectoryStream(directory)) {
                for (Path file : left) {
                    Files.delete(file);
                }
            }
            Files.delete(directory);
        }
    }
}

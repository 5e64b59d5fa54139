// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One of the two programs in a virtual machine of its own. */
final class ClientProcess {
    /** What a finished program left. */
    record Result(int exitCode, String out, String err) {}

    private ClientProcess() {}

    /** The command that runs a program. */
    static List<String> command(Class<?> main, String... args) {
        List<String> argv = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                // Where the scripts lie that it starts.
                "-Dbarman.program="
                        + Path.of("src/main/launcher/bin/barman-wal-archive").toAbsolutePath(),
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        argv.addAll(Arrays.asList(args));
        return argv;
    }

    static Process start(Class<?> main, Path firstOnPath, Path output, String... args) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command(main, args))
                .redirectOutput(output.resolve("client.out").toFile())
                .redirectError(output.resolve("client.err").toFile());
        // The Java runtime looks for programs on the PATH that it was started with.
        builder.environment().put("PATH", firstOnPath + ":" + System.getenv("PATH"));
        return builder.start();
    }

    static Result run(Class<?> main, Path firstOnPath, Path output, String... args)
            throws IOException, InterruptedException {
        int code = start(main, firstOnPath, output, args).waitFor();
        return new Result(
                code,
                Files.readString(output.resolve("client.out"), StandardCharsets.UTF_8),
                Files.readString(output.resolve("client.err"), StandardCharsets.UTF_8));
    }
}

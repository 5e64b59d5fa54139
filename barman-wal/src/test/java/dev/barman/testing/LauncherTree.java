// SPDX-License-Identifier: Apache-2.0
package dev.barman.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The launchers of the module whose tests run, laid out as they are distributed, with a script in the place of Java. Not thread-safe.
 */
public final class LauncherTree {
    private static final int PATIENCE_SECONDS = 20;

    private final Path root;
    private final Path java;

    private LauncherTree(Path root, Path java) {
        this.root = root;
        this.java = java;
    }

    /** How a command ended. */
    public record Run(int code, String out, String err) {}

    /**
     * Copies the launchers.
     *
     * @param directory an empty directory
     */
    public static LauncherTree in(Path directory) throws IOException {
        Path module = Path.of("").toAbsolutePath();
        Path root = directory.resolve("dist");
        copy(module.resolve("src/main/launcher"), root);
        copy(module.resolve("../packaging/lib"), root.resolve("lib"));
        return new LauncherTree(root, directory.resolve("java"));
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
                }
            }
        }
    }

    /** {@return the directory with bin and lib} */
    public Path root() {
        return root;
    }

    /** {@return the path of a command} */
    public Path command(String name) {
        return root.resolve("bin").resolve(name);
    }

    /** Says what the script in the place of Java does. */
    public void javaIs(String script) throws IOException {
        Files.writeString(java, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** Starts a program with our Java in its environment. */
    public Process start(String program, Map<String, String> environment, String... arguments) throws IOException {
        List<String> argv =
                Stream.concat(Stream.of(program), Stream.of(arguments)).toList();
        ProcessBuilder builder = new ProcessBuilder(argv);
        builder.environment().put("BARMAN_JAVA", java.toString());
        builder.environment().putAll(environment);
        return builder.start();
    }

    /** Waits for the end of a process. */
    public static Run finish(Process process) throws IOException, InterruptedException {
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
            throw new IOException("the command did not end: " + err);
        }
        return new Run(process.exitValue(), out, err);
    }

    /** Runs a command. */
    public Run run(String name, String... arguments) throws IOException, InterruptedException {
        return finish(start(command(name).toString(), Map.of(), arguments));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file system in memory of a chosen size, mounted on a directory; needs root and the right to mount. */
public final class SmallDisk implements AutoCloseable {
    private final Path directory;

    private SmallDisk(Path directory) {
        this.directory = directory;
    }

    /** Whether file systems can be mounted here. */
    public static boolean isPossible(Path scratch) throws Exception {
        Path probe = Files.createDirectories(scratch.resolve("mount-probe"));
        boolean mounted = run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", probe.toString());
        return mounted && run("umount", probe.toString());
    }

    public static SmallDisk on(Path directory, String size) throws Exception {
        Files.createDirectories(directory);
        if (!run("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", directory.toString())) {
            throw new IOException("cannot mount on " + directory);
        }
        return new SmallDisk(directory);
    }

    /** Changes options such as {@code size=64m}, {@code ro} and {@code rw}. */
    public void remount(String options) throws Exception {
        if (!run("mount", "-o", "remount," + options, directory.toString())) {
            throw new IOException("cannot remount " + directory);
        }
    }

    @Override
    public void close() throws Exception {
        run("umount", "-l", directory.toString());
    }

    private static boolean run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        boolean done = process.waitFor() == 0;
        if (!done) {
            System.out.println(String.join(" ", command) + ": " + output);
        }
        return done;
    }
}

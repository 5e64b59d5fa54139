// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The running processes of one test: those whose command line names its directory, without the ones that carry the test
 * itself. Needs Linux's {@code /proc}. Not thread-safe.
 */
public final class OurProcesses {
    private static final Path PROC = Path.of("/proc");

    private final String directory;
    private final List<String> spared;
    private final TreeMap<String, Integer> killed = new TreeMap<>();

    /**
     * @param directory part of the command line of every process of the test
     * @param spared parts of the command lines of processes that are none of ours
     */
    public OurProcesses(Path directory, List<String> spared) {
        this.directory = directory.toString();
        this.spared = List.copyOf(spared);
    }

    /** Whether the system tells. */
    public static boolean isPossible() {
        return Files.isReadable(PROC.resolve("self/cmdline"));
    }

    /** A process and the words of its command. */
    public record Running(long pid, List<String> command) {
        /** The class of a Java program, else the name of the program or script. */
        public String kind() {
            int option = 0;
            while (option < command.size() && !command.get(option).startsWith("dev.barman.")) {
                option++;
            }
            String name = option < command.size()
                    ? command.get(option)
                    : command.size() > 1
                                    && command.get(0).endsWith("sh")
                                    && !command.get(0).endsWith("ssh")
                            ? command.get(1)
                            : command.get(0);
            return name.substring(Math.max(name.lastIndexOf('.'), name.lastIndexOf('/')) + 1);
        }
    }

    /** Those that run now. */
    public List<Running> list() throws IOException {
        List<Running> running = new ArrayList<>();
        try (Stream<Path> entries = Files.list(PROC)) {
            for (Path entry : (Iterable<Path>) entries::iterator) {
                String name = entry.getFileName().toString();
                if (Character.isDigit(name.charAt(0))) {
                    String line = commandLine(entry);
                    if (isOurs(line)) {
                        running.add(new Running(Long.parseLong(name), List.of(line.split("\0"))));
                    }
                }
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return running;
    }

    private boolean isOurs(String line) {
        return line.contains(directory) && spared.stream().noneMatch(line::contains);
    }

    /** Empty for what has ended, or never had one. */
    private static String commandLine(Path process) {
        try {
            return new String(Files.readAllBytes(process.resolve("cmdline")), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }

    /** Ends one of them with SIGKILL; does nothing when none runs. */
    public void killOne(Random random) throws IOException {
        List<Running> running = list();
        if (!running.isEmpty()) {
            Running chosen = running.get(random.nextInt(running.size()));
            ProcessHandle.of(chosen.pid())
                    .filter(p -> isOurs(commandLine(PROC.resolve(Long.toString(chosen.pid())))))
                    .filter(ProcessHandle::destroyForcibly)
                    .ifPresent(p -> killed.merge(chosen.kind(), 1, Integer::sum));
        }
    }

    /** Waits until none is left, at most so long; gives those that are. */
    public List<Running> awaitNone(int seconds) throws IOException, InterruptedException {
        List<Running> left = list();
        for (int i = 0; i < seconds * 10 && !left.isEmpty(); i++) {
            Thread.sleep(100);
            left = list();
        }
        return left;
    }

    /** How many were ended, by kind. */
    public TreeMap<String, Integer> killed() {
        return killed;
    }
}

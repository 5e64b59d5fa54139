// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.storage.cloud.s3.S3TestServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The process of a restore is ended with SIGKILL, or stopped; then the same command comes again. From a real S3 server. */
class CloudRestoreKillIT {
    private static final int SECONDS = Integer.parseInt(System.getenv().getOrDefault("SOAK_SECONDS", "7"));
    private static final int KILLED = 128 + 9;
    private static final String URL = "s3://bucket/path";
    private static final String RESUMED = "Going on with the restore that was interrupted";
    /** What the command creates or changes at its end: they have the time of that. */
    private static final Set<String> OWN_TIME = Set.of("data:", "data:pg_wal", "data:pg_tblspc", "tablespace:");

    @TempDir
    static Path shared;

    private static S3TestServer server;
    /** What every restore must come to. */
    private static Map<String, String> expected;
    /** How long an undisturbed one writes. */
    private static long writingNanos;

    /** A directory to restore into, and what the command said. */
    private static final class Target {
        final Path data;
        final Path tablespace;
        final Path log;

        Target(String name) {
            data = shared.resolve(name);
            tablespace = shared.resolve(name + "-ts");
            log = shared.resolve(name + ".log");
        }

        Path mark() {
            return data.resolve(RestoreMark.NAME);
        }

        boolean isMarked() {
            try {
                return Files.size(mark()) > 0;
            } catch (NoSuchFileException e) {
                return false;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        boolean hasControlFile() {
            return Files.exists(data.resolve(ControlFile.NAME));
        }

        boolean isBegun() {
            return Files.exists(data.resolve("base"));
        }

        Process start() throws IOException {
            ProcessBuilder builder = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            CloudRestoreMain.class.getName(),
                            "-v",
                            "--endpoint-url",
                            server.endpoint().toString(),
                            "--tablespace",
                            RestorableBackup.TABLESPACE + ":" + tablespace,
                            URL,
                            "main",
                            RestorableBackup.ID,
                            data.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile());
            builder.environment().put("AWS_ACCESS_KEY_ID", S3TestServer.ACCESS_KEY);
            builder.environment().put("AWS_SECRET_ACCESS_KEY", S3TestServer.SECRET_KEY);
            builder.environment().put("AWS_CONFIG_FILE", "/dev/null");
            builder.environment().put("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
            return builder.start();
        }

        int run() throws Exception {
            return exitOf(start());
        }

        String said() throws IOException {
            return Files.readString(log);
        }

        /** Everything there is, but for what depends on the time and place of the restore. */
        Map<String, String> tree() throws IOException {
            Map<String, String> tree = new TreeMap<>();
            describe(data, "data", tree);
            describe(tablespace, "tablespace", tree);
            return tree;
        }

        private void describe(Path root, String name, Map<String, String> tree) throws IOException {
            List<Path> files;
            try (Stream<Path> walk = Files.walk(root)) {
                files = walk.toList();
            }
            for (Path file : files) {
                String path = name + ":" + root.relativize(file);
                boolean timed = !Files.isSymbolicLink(file) && !OWN_TIME.contains(path);
                tree.put(
                        path,
                        content(file) + " "
                                + Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS) + " "
                                + Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS) + " "
                                + (timed ? Files.getLastModifiedTime(file) : ""));
            }
        }

        private String content(Path file) throws IOException {
            if (Files.isSymbolicLink(file)) {
                return "-> " + Files.readSymbolicLink(file).toString().replace(tablespace.toString(), "TABLESPACE");
            }
            return Files.isDirectory(file) ? "" : digest(Files.readAllBytes(file));
        }
    }

    @BeforeAll
    static void start() throws Exception {
        server = S3TestServer.start(Path.of(Objects.requireNonNull(System.getProperty("s3proxy.jar"))), shared);
        RestorableBackup.write(server.objects().resolve("bucket/path/main/base/" + RestorableBackup.ID), 1);
        Target undisturbed = new Target("undisturbed");
        Process process = undisturbed.start();
        await(process, undisturbed::isMarked);
        long begun = System.nanoTime();
        assertThat(exitOf(process)).as(undisturbed.said()).isZero();
        writingNanos = System.nanoTime() - begun;
        expected = undisturbed.tree();
        assertThat(expected).hasSizeGreaterThan(600).containsKeys("data:base/large2", "tablespace:PG_15/large");
        assertThat(expected.keySet()).noneMatch(name -> name.contains(RestoreMark.NAME));
        assertThat(expected.get("data:base/twice")).startsWith(digest("the other".getBytes()));
        assertThat(expected.get("data:pg_tblspc/16384")).startsWith("-> TABLESPACE");
    }

    @AfterAll
    static void stop() throws Exception {
        server.close();
    }

    private static String digest(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static int exitOf(Process process) throws InterruptedException {
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("ended").isTrue();
            return process.exitValue();
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    /** Waits for something that the process does, or for its end. */
    private static void await(Process process, BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean() && process.isAlive() && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
    }

    /** Ends a restore some time after it has begun to write; whether it was still at it. */
    private static boolean killed(Target target, long nanos) throws Exception {
        Process process = target.start();
        await(process, target::isBegun);
        process.waitFor(nanos, TimeUnit.NANOSECONDS);
        process.destroyForcibly().waitFor();
        if (process.exitValue() != KILLED) {
            assertThat(process.exitValue()).as(target.said()).isZero();
        }
        assertNothingIsMissingBesideAControlFile(target);
        return target.isMarked();
    }

    /** PostgreSQL would start with it. Modes and times of directories may be missing. */
    private static void assertNothingIsMissingBesideAControlFile(Target target) throws IOException {
        if (!target.hasControlFile()) {
            return;
        }
        Map<String, String> found = target.tree();
        Map<String, String> files = new TreeMap<>(expected);
        files.values().removeIf(description -> description.startsWith(" "));
        files.remove("data:" + ControlFile.NAME);
        assertThat(files).hasSizeGreaterThan(550);
        files.keySet().removeIf(name -> Objects.equals(expected.get(name), found.get(name)));
        assertThat(files.keySet()).as("missing beside the control file").isEmpty();
    }

    /** The same command until it says that all is done. Of a restore that is complete already nothing is touched. */
    private static void complete(Target target) throws Exception {
        boolean marked = target.isMarked();
        boolean wasComplete = target.isBegun() && !marked;
        int exit = target.run();
        if (wasComplete) {
            assertThat(exit).as(target.said()).isEqualTo(1);
            assertThat(target.said()).contains("already exists and it is not empty");
        } else {
            assertThat(exit).as(target.said()).isZero();
            assertThat(target.said().contains(RESUMED)).as(target.said()).isEqualTo(marked);
        }
        assertThat(differences(target.tree())).isEmpty();
        discard(target.data);
        discard(target.tablespace);
    }

    /** The lines of both trees that the other one lacks: all of them are too many to be read. */
    private static List<String> differences(Map<String, String> found) {
        List<String> differences = new ArrayList<>();
        expected.forEach((path, description) -> {
            if (!description.equals(found.get(path))) {
                differences.add(path + " should be " + description + " and is " + found.get(path));
            }
        });
        found.keySet().stream()
                .filter(path -> !expected.containsKey(path))
                .forEach(path -> differences.add(path + " should not be there"));
        return differences;
    }

    private static void discard(Path directory) throws IOException {
        List<Path> files;
        try (Stream<Path> walk = Files.walk(directory)) {
            files = new ArrayList<>(walk.toList());
        }
        for (int i = files.size() - 1; i >= 0; i--) {
            Files.delete(files.get(i));
        }
    }

    @Test
    void killedAtAnyMomentTheSameCommandCompletesTheRestore() throws Exception {
        long seed = Long.getLong("seed", ThreadLocalRandom.current().nextLong(1_000_000));
        System.out.println("seed " + seed + ", an undisturbed restore writes for " + writingNanos / 1_000_000 + " ms");
        Random random = new Random(seed);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        int interrupted = 0;
        int kills = 0;
        for (int round = 0; round == 0 || System.nanoTime() < end; round++) {
            Target target = new Target("round" + round);
            // Each of the attempts gets further than the one before it, as a rule.
            int attempts = 3 - round % 3;
            for (int attempt = 1; attempt <= attempts; attempt++) {
                double reach = (attempt - 1 + random.nextDouble()) / attempts;
                kills++;
                if (killed(target, (long) (writingNanos * reach))) {
                    interrupted++;
                } else {
                    break;
                }
            }
            complete(target);
        }
        System.out.println(interrupted + " of " + kills + " kills met a restore at work");
        assertThat(interrupted).isPositive();
    }

    /** Moments that chance hardly meets. */
    enum Moment {
        MARK_IS_THERE,
        CONTROL_FILE_IS_THERE,
        LINK_OF_THE_TABLESPACE_IS_THERE,
        MARK_IS_GONE;

        boolean isReached(Target target) {
            return switch (this) {
                case MARK_IS_THERE -> Files.exists(target.mark());
                case CONTROL_FILE_IS_THERE -> target.hasControlFile();
                case LINK_OF_THE_TABLESPACE_IS_THERE -> Files.isSymbolicLink(target.data.resolve("pg_tblspc/16384"));
                case MARK_IS_GONE -> target.isBegun() && !Files.exists(target.mark());
            };
        }
    }

    @ParameterizedTest
    @EnumSource(Moment.class)
    void killedAtASingleMomentTheSameCommandCompletesTheRestore(Moment moment) throws Exception {
        Target target = new Target(moment.name());
        Process process = target.start();
        await(process, () -> moment.isReached(target));
        process.destroyForcibly().waitFor();
        assertThat(moment.isReached(target)).as(target.said()).isTrue();
        assertNothingIsMissingBesideAControlFile(target);

        complete(target);
    }

    @Test
    void anotherProcessKeepsOffWhileOneIsAtWorkAndTakesOverWhenItIsGone() throws Exception {
        Target target = new Target("contested");
        Process first = target.start();
        await(first, target::isBegun);
        new ProcessBuilder("kill", "-STOP", Long.toString(first.pid())).start().waitFor();
        assertThat(target.isMarked()).isTrue();

        assertThat(target.run()).isEqualTo(1);
        assertThat(target.said()).contains("Another process is restoring into " + target.data);

        first.destroyForcibly().waitFor();
        complete(target);
    }
}

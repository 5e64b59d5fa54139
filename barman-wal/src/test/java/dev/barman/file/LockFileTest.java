// SPDX-License-Identifier: Apache-2.0
package dev.barman.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LockFileTest {
    private static final long OWN_PID = ProcessHandle.current().pid();

    @TempDir
    Path directory;

    private Path file;

    @BeforeEach
    void setUp() {
        file = directory.resolve(".main-archive-wal.lock");
    }

    @Test
    void aHeldLockIsBusyAndNamesItsHolder() throws IOException {
        try (LockFile lock = LockFile.tryAcquire(file)) {
            assertThat(lock.path()).isEqualTo(file);
            assertThat(file).hasContent(OWN_PID + "\n");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------");
            assertThatThrownBy(() -> LockFile.tryAcquire(file))
                    .isInstanceOfSatisfying(
                            LockBusyException.class,
                            e -> assertThat(e.holderPid()).hasValue(OWN_PID))
                    .hasMessageContaining(file.toString());
            assertThat(LockFile.probe(file)).hasValue(OWN_PID);
        }
        assertThat(LockFile.probe(file)).isEmpty();
        assertThat(file).as("stays behind").exists();
        LockFile.tryAcquire(file).close();
    }

    @Test
    void theContentIsTheNewHoldersIdOnly() throws IOException {
        Files.writeString(file, "123456789012345\nrubbish\n");
        LockFile.tryAcquire(file).close();
        assertThat(file).hasContent(OWN_PID + "\n");
    }

    @Test
    void anotherPathToTheSameFileIsBusyToo() throws IOException {
        Path link = Files.createSymbolicLink(directory.resolve("link"), directory);
        try (LockFile lock = LockFile.tryAcquire(file)) {
            Path other = link.resolve(lock.path().getFileName());
            assertThatThrownBy(() -> LockFile.tryAcquire(other)).isInstanceOf(LockBusyException.class);
            assertThat(LockFile.probe(other)).isPresent();
        }
    }

    @Test
    void closingTwiceDoesNotReleaseTheNextHolder() throws IOException {
        LockFile first = LockFile.tryAcquire(file);
        first.close();
        try (LockFile second = LockFile.tryAcquire(file)) {
            first.close();
            assertThat(second.path()).isEqualTo(file);
            assertThat(LockFile.probe(file)).isPresent();
        }
    }

    @Test
    void aMissingDirectoryIsAnErrorAndLeavesTheLockUsable() throws IOException {
        Path missing = directory.resolve("locks/.main-cron.lock");
        assertThatThrownBy(() -> LockFile.tryAcquire(missing)).isInstanceOf(NoSuchFileException.class);
        Files.createDirectory(directory.resolve("locks"));
        LockFile.tryAcquire(missing).close();
    }

    @Test
    void threadsOfOneProcessTakeTurns() throws Exception {
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CompletableFuture<?>[] threads = new CompletableFuture<?>[4];
        for (int t = 0; t < threads.length; t++) {
            threads[t] = CompletableFuture.runAsync(
                    () -> {
                        for (int i = 0; i < 50; i++) {
                            try (LockFile lock = LockFile.acquire(file)) {
                                most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                                assertThat(LockFile.probe(lock.path())).isPresent();
                                inside.decrementAndGet();
                            } catch (IOException e) {
                                throw new java.io.UncheckedIOException(e);
                            }
                        }
                    },
                    // The common pool has a single thread on two processors.
                    task -> new Thread(task).start());
        }
        CompletableFuture.allOf(threads).get(30, TimeUnit.SECONDS);
        assertThat(most).hasValue(1);
    }

    @Test
    void aFreeLockFileIsRemovedAndAHeldOneIsNot() throws IOException {
        assertThat(LockFile.deleteIfFree(file)).as("no file").isFalse();
        try (LockFile lock = LockFile.tryAcquire(file)) {
            assertThat(LockFile.deleteIfFree(lock.path())).isFalse();
            assertThat(file).exists();
        }
        assertThat(LockFile.deleteIfFree(file)).isTrue();
        assertThat(file).doesNotExist();
    }

    @Test
    void closeAndDeleteLeavesNoFile() throws IOException {
        LockFile.tryAcquire(file).closeAndDelete();
        assertThat(file).doesNotExist();
        assertThat(LockFile.probe(file)).isEmpty();
    }

    @Test
    void aLockOfAnotherProcessIsBusyUntilItDies() throws Exception {
        try (Holder holder = new Holder(file)) {
            assertThat(LockFile.probe(file)).hasValue(holder.pid());
            assertThatThrownBy(() -> LockFile.tryAcquire(file))
                    .isInstanceOfSatisfying(
                            LockBusyException.class,
                            e -> assertThat(e.holderPid()).hasValue(holder.pid()));
            assertThat(LockFile.deleteIfFree(file)).isFalse();
            CompletableFuture<OptionalLong> waiting = CompletableFuture.supplyAsync(() -> {
                try (LockFile lock = LockFile.acquire(file)) {
                    return LockFile.probe(lock.path());
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            Thread.sleep(200);
            assertThat(waiting).isNotDone();
            holder.kill();
            assertThat(waiting.get(20, TimeUnit.SECONDS)).hasValue(OWN_PID);
        }
        assertThat(LockFile.probe(file)).isEmpty();
    }

    @Test
    void probesOfAnotherProcessNeverMakeAnAttemptFail() throws Exception {
        Files.writeString(file, "");
        try (Holder prober = new Holder(file, "probe")) {
            for (int i = 0; i < 3000; i++) {
                LockFile.tryAcquire(file).close();
            }
            assertThat(prober.isAlive()).isTrue();
        }
    }

    @Test
    void aLockTakenOnAFileThatACleanerRemovedIsTakenAgainOnTheNewOne() throws Exception {
        try (Holder cleaner = new Holder(file, "clean")) {
            for (int i = 0; i < 2000; i++) {
                LockFile lock;
                try {
                    lock = LockFile.tryAcquire(file);
                } catch (LockBusyException e) {
                    continue;
                }
                assertThat(file).as("the file that is locked").exists();
                lock.close();
            }
            assertThat(cleaner.isAlive()).isTrue();
        }
    }

    /** A second process that works on the lock. */
    private static final class Holder implements AutoCloseable {
        private final Process process;

        Holder(Path file) throws IOException {
            this(file, "hold");
        }

        Holder(Path file, String what) throws IOException {
            process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            Child.class.getName(),
                            what,
                            file.toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            String ready = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))
                    .readLine();
            assertThat(ready).isEqualTo("ready");
        }

        long pid() {
            return process.pid();
        }

        boolean isAlive() {
            return process.isAlive();
        }

        void kill() throws InterruptedException {
            process.destroyForcibly().waitFor();
        }

        @Override
        public void close() throws InterruptedException {
            kill();
        }
    }

    /** The program of the second process; killed from outside. */
    static final class Child {
        private Child() {}

        public static void main(String[] args) throws Exception {
            Path file = Path.of(args[1]);
            switch (args[0]) {
                case "hold" -> {
                    try (LockFile lock = LockFile.acquire(file)) {
                        System.out.println("ready");
                        Thread.sleep(TimeUnit.MINUTES.toMillis(5));
                    }
                }
                case "probe" -> {
                    System.out.println("ready");
                    while (true) {
                        LockFile.probe(file);
                    }
                }
                default -> {
                    System.out.println("ready");
                    while (true) {
                        LockFile.deleteIfFree(file);
                    }
                }
            }
        }
    }
}

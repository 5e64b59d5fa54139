// SPDX-License-Identifier: Apache-2.0
package dev.barman.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class CommandTest {
    @TempDir
    Path directory;

    @Test
    void outputsAndExitStatusAreReturned() throws IOException {
        CommandResult result = CommandRunner.run(Command.shell("echo out; echo err >&2; exit 3"));
        assertThat(result.exitCode()).isEqualTo(3);
        assertThat(result.stdout()).isEqualTo("out\n");
        assertThat(result.stderr()).isEqualTo("err\n");
        assertThat(result.succeeded()).isFalse();
        assertThatThrownBy(result::orThrow)
                .isInstanceOf(CommandFailedException.class)
                .hasMessageContaining("sh failed with exit status 3: err")
                .satisfies(
                        e -> assertThat(((CommandFailedException) e).exitCode()).isEqualTo(3));
    }

    @Test
    void argumentsReachTheProgramUntouched() throws IOException {
        CommandResult result = CommandRunner.run(Command.shell("printf '<%s>' \"$@\"", "a b", "$HOME", "'", ""));
        assertThat(result.stdout()).isEqualTo("<a b><$HOME><'><>");
    }

    @Test
    void standardInputIsTheNullDeviceUnlessGiven() throws IOException {
        assertThat(CommandRunner.run(Command.of("cat")).stdout()).isEmpty();
        assertThat(CommandRunner.run(Command.of("cat").withStdin("text".getBytes(StandardCharsets.UTF_8)))
                        .stdout())
                .isEqualTo("text");
        Path file = Files.writeString(directory.resolve("in"), "from a file");
        assertThat(CommandRunner.run(Command.of("cat").withStdin(file)).stdout())
                .isEqualTo("from a file");
    }

    @Test
    void largeInputAndOutputDoNotBlockEachOther() throws IOException {
        byte[] input = "0123456789\n".repeat(200_000).getBytes(StandardCharsets.UTF_8);
        CommandResult result =
                CommandRunner.run(Command.shell("tee /dev/stderr").withStdin(input));
        assertThat(result.stdout().length()).isEqualTo(input.length);
        assertThat(result.stderr()).isEqualTo(result.stdout());
    }

    @Test
    void aProgramThatDoesNotReadItsInputIsNoError() throws IOException {
        assertThat(CommandRunner.run(Command.of("true").withStdin(new byte[1_000_000]))
                        .succeeded())
                .isTrue();
    }

    @Test
    void environmentAndDirectoryAreSet() throws IOException {
        CommandResult result = CommandRunner.run(Command.shell("echo \"$ONE ${HOME-none} $(pwd)\"")
                .withEnvironment("ONE", "1")
                .withoutEnvironment("HOME")
                .withWorkingDirectory(directory));
        assertThat(result.stdout()).isEqualTo("1 none " + directory.toRealPath() + "\n");
    }

    @Test
    void outputMayGoToAFile() throws IOException {
        Path file = directory.resolve("out");
        CommandResult result = CommandRunner.run(Command.shell("echo text").withStdout(file));
        assertThat(result.stdout()).isEmpty();
        assertThat(file).hasContent("text\n");
    }

    @Test
    void linesAreGivenAsTheyCome() throws IOException {
        List<String> out = Collections.synchronizedList(new ArrayList<>());
        List<String> err = Collections.synchronizedList(new ArrayList<>());
        CommandResult result =
                CommandRunner.run(Command.shell("printf 'one\\ntwo\\r\\n\\nlast'; echo oops >&2"), out::add, err::add);
        assertThat(out).containsExactly("one", "two", "", "last");
        assertThat(err).containsExactly("oops");
        assertThat(result.stdout()).isEmpty();
        assertThat(result.stderr()).isEmpty();
    }

    @Test
    void aProgramThatDoesNotExistIsNamed() {
        assertThatThrownBy(() -> CommandRunner.run(Command.of("no-such-program-here")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no-such-program-here");
        assertThatThrownBy(() -> CommandRunner.run(Command.of("true").withWorkingDirectory(directory.resolve("gone"))))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("gone");
        assertThatThrownBy(() -> Command.of("")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aSignalGivesTheShellsExitStatus() throws IOException {
        RunningCommand running = CommandRunner.start(Command.of("sleep", "60"), null, null);
        assertThat(running.await(Duration.ofMillis(50))).isEmpty();
        assertThat(running.isAlive()).isTrue();
        running.destroy();
        assertThat(running.await().exitCode()).isEqualTo(128 + 15);
        running.destroyForcibly();
        assertThat(running.isAlive()).isFalse();
    }

    @Test
    void endingAProgramDoesNotWaitForWhoeverWritesToIt() throws Exception {
        RunningCommand running = CommandRunner.startPiped(Command.shell("trap '' TERM; exec sleep 50"));
        AtomicReference<Throwable> seen = new AtomicReference<>();
        Thread writer = new Thread(() -> {
            try {
                running.stdin().write(new byte[1_000_000]);
            } catch (IOException e) {
                seen.set(e);
            }
        });
        writer.start();
        // In the write, not just about to begin it.
        writer.join(500);
        long start = System.nanoTime();
        running.destroy();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
        assertThat(running.isAlive()).isTrue();
        running.destroyForcibly();
        assertThat(running.await().exitCode()).isEqualTo(128 + 9);
        writer.join();
        assertThat(seen.get()).isInstanceOf(IOException.class);
    }

    @Test
    void pipesAreTheCallers() throws IOException {
        RunningCommand running = CommandRunner.startPiped(Command.shell("cat; echo done >&2"));
        try (OutputStream in = running.stdin()) {
            in.write("text".getBytes(StandardCharsets.UTF_8));
        }
        assertThat(new String(running.stdout().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo("text");
        assertThat(running.await().stderr()).isEqualTo("done\n");
    }

    @Test
    void aGrandchildThatKeepsTheOutputOpenDoesNotHoldUsForever() throws IOException {
        long start = System.nanoTime();
        CommandResult result = CommandRunner.run(Command.shell("echo early; sleep 50 & exit 0"));
        assertThat(result.stdout()).isEqualTo("early\n");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(30));
    }

    @Test
    void anInterruptEndsTheProgramAndKeepsTheFlag() throws Exception {
        RunningCommand running = CommandRunner.start(Command.of("sleep", "60"), null, null);
        AtomicReference<Throwable> seen = new AtomicReference<>();
        Thread waiter = new Thread(() -> {
            try {
                running.await();
            } catch (InterruptedIOException e) {
                seen.set(Thread.currentThread().isInterrupted() ? e : null);
            }
        });
        waiter.start();
        waiter.interrupt();
        waiter.join();
        assertThat(seen.get()).isInstanceOf(InterruptedIOException.class);
        assertThat(running.isAlive()).isFalse();
    }

    @Test
    void aDetachedProgramLeadsItsOwnSessionOnTheNullDevice() throws Exception {
        Path out = directory.resolve("out");
        long pid = Command.shell(
                        "{ readlink /proc/self/fd/0; readlink /proc/$$/fd/2; cut -d' ' -f6 /proc/$$/stat;"
                                + " echo $$; } > \"$1\".tmp; mv \"$1\".tmp \"$1\"",
                        out.toString())
                .startDetached();
        for (int i = 0; i < 300 && !Files.exists(out); i++) {
            Thread.sleep(100);
        }
        List<String> lines = Files.readAllLines(out);
        assertThat(lines).hasSize(4);
        assertThat(lines.subList(0, 2)).containsExactly("/dev/null", "/dev/null");
        assertThat(lines.get(2)).as("session").isEqualTo(lines.get(3));
        assertThat(lines.get(3)).as("pid").isEqualTo(Long.toString(pid));
    }

    @Test
    void textsAreQuotedForAShell() {
        assertThat(Command.of("rsync", "-e", "ssh -p 22", "it's", "").toString())
                .isEqualTo("rsync -e 'ssh -p 22' 'it'\"'\"'s' ''");
        assertThat(ShellQuote.quote("/a/b-c_d.e:f=g,h+i%j@k")).isEqualTo("/a/b-c_d.e:f=g,h+i%j@k");
        assertThat(ShellQuote.quote("é")).isEqualTo("'é'");
    }

    @Test
    void programsAreFoundInThePrefixFirst() throws IOException {
        Path first = Files.createDirectory(directory.resolve("first"));
        Path second = Files.createDirectory(directory.resolve("second"));
        Path inFirst = program(first.resolve("tool"));
        Path inSecond = program(second.resolve("tool"));
        Path onlySecond = program(second.resolve("other"));
        Files.createFile(first.resolve("other"));
        Files.createDirectory(first.resolve("directory"));
        ExecutableSearch search = ExecutableSearch.of(first.toString(), second + "::" + first);
        assertThat(search.find("tool")).contains(inFirst);
        assertThat(search.findAll("tool")).containsExactly(inFirst, inSecond);
        assertThat(search.find("other")).as("the first is not executable").contains(onlySecond);
        assertThat(search.find("directory")).isEmpty();
        assertThat(search.find("nothing")).isEmpty();
        assertThat(search.find(inSecond.toString())).contains(inSecond);
        assertThat(search.path()).isEqualTo(first + ":" + second + "::" + first);
        assertThat(ExecutableSearch.ofPath().find("sh")).isPresent();
    }

    private static Path program(Path file) throws IOException {
        Files.writeString(file, "#!/bin/sh\n");
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.process;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A program that runs. Made by {@link CommandRunner}.
 *
 * <p>Signals to this process are not passed on by themselves: who installs a handler or a shutdown hook calls
 * {@link #destroy}. {@link #destroy}, {@link #destroyForcibly} and {@link #pid} may be called from any thread, the rest
 * from one.
 */
public final class RunningCommand {
    private static final Duration GRACE = Duration.ofSeconds(10);

    private final Command command;
    private final Process process;
    private final @Nullable StreamReader stdout;
    private final StreamReader stderr;

    private RunningCommand(Command command, Process process, @Nullable StreamReader stdout, StreamReader stderr) {
        this.command = command;
        this.process = process;
        this.stdout = stdout;
        this.stderr = stderr;
    }

    static RunningCommand start(Command command, @Nullable LineConsumer stdout, @Nullable LineConsumer stderr)
            throws IOException {
        Process process = command.start(command.builder());
        String name = command.programName();
        RunningCommand running = new RunningCommand(
                command,
                process,
                StreamReader.start(name + " stdout", process.getInputStream(), stdout),
                StreamReader.start(name + " stderr", process.getErrorStream(), stderr));
        byte[] input = command.stdinBytes();
        if (input != null) {
            Feeder.start(name + " stdin", process.getOutputStream(), input);
        }
        return running;
    }

    static RunningCommand startPiped(Command command) throws IOException {
        ProcessBuilder builder = command.builder();
        if (!command.hasStdinFile()) {
            builder.redirectInput(ProcessBuilder.Redirect.PIPE);
        }
        Process process = command.start(builder);
        return new RunningCommand(
                command,
                process,
                null,
                StreamReader.start(command.programName() + " stderr", process.getErrorStream(), null));
    }

    /** The process id. */
    public long pid() {
        return process.pid();
    }

    /** Whether the program has not ended yet. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** Asks the program to end (SIGTERM). Does not wait. Harmless when it has ended. */
    public void destroy() {
        // By its handle: Process.destroy closes the streams first, and waits for whoever is writing to the program just
        // then.
        process.toHandle().destroy();
    }

    /** Ends the program (SIGKILL). Does not wait. Harmless when it has ended. */
    public void destroyForcibly() {
        process.toHandle().destroyForcibly();
    }

    /** The program's standard input, for commands started with pipes; the caller closes it. */
    public OutputStream stdin() {
        return process.getOutputStream();
    }

    /** The program's standard output, for commands started with pipes; the caller closes it. */
    public InputStream stdout() {
        if (stdout != null) {
            throw new IllegalStateException("standard output is read already");
        }
        return process.getInputStream();
    }

    /**
     * Waits until the program has ended and its output is read.
     *
     * @throws InterruptedIOException if the thread is interrupted; the program is then ended, at first gently, and the
     *     interrupt flag is set again
     */
    public CommandResult await() throws InterruptedIOException {
        try {
            return finish(process.waitFor());
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    /**
     * As {@link #await()}, for at most this long.
     *
     * @return empty if the program still runs
     * @throws InterruptedIOException as {@link #await()}
     */
    public Optional<CommandResult> await(Duration limit) throws InterruptedIOException {
        try {
            if (!process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS)) {
                return Optional.empty();
            }
            return Optional.of(finish(process.exitValue()));
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    private CommandResult finish(int exitCode) throws InterruptedException {
        String out = stdout == null ? "" : stdout.text();
        return new CommandResult(command, exitCode, out, stderr.text());
    }

    private InterruptedIOException interrupted() {
        destroy();
        try {
            if (!process.waitFor(GRACE.toNanos(), TimeUnit.NANOSECONDS)) {
                destroyForcibly();
            }
        } catch (InterruptedException again) {
            destroyForcibly();
        }
        Thread.currentThread().interrupt();
        return new InterruptedIOException("interrupted while waiting for " + command.programName());
    }

    /** Writes the prepared standard input; a program that does not read it all is no error. */
    private static final class Feeder implements Runnable {
        private final OutputStream stdin;
        private final byte[] bytes;

        private Feeder(OutputStream stdin, byte[] bytes) {
            this.stdin = stdin;
            this.bytes = bytes;
        }

        static void start(String name, OutputStream stdin, byte[] bytes) {
            Feeder feeder = new Feeder(stdin, bytes);
            if (bytes.length <= 4096) {
                // Fits into any pipe.
                feeder.run();
                return;
            }
            Thread thread = new Thread(feeder, name);
            thread.setDaemon(true);
            thread.start();
        }

        @Override
        public void run() {
            try (stdin) {
                stdin.write(bytes);
            } catch (IOException e) {
                // The program closed its end; its exit status tells whether that was right.
                return;
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The running ssh or local command. Its standard error is ours, or is passed on by an {@link ErrorRelay}. It ends with this virtual machine: a termination signal
 * passes on to it through a shutdown hook, and its pipes break when we are killed.
 *
 * <p>Not thread-safe, but for the hook.
 */
final class RemoteProcess implements AutoCloseable {
    private static final ProcessBuilder.Redirect NO_INPUT = ProcessBuilder.Redirect.from(new File("/dev/null"));

    /** Where the streams of the process go. */
    enum Streams {
        /** We write its standard input; its output is ours. */
        WRITE_INPUT,
        /** We read its standard output and standard error; it has no input. */
        READ_OUTPUT,
        /** We write its standard input and read its standard output; its standard error is ours. */
        TALK,
        /** It has no input, and its output is ours. */
        INHERIT
    }

    /** A process that does not end when it is asked to is killed after this time. */
    private static final long MAX_END_MILLIS = 2_000;

    private final Process process;
    private final Thread hook;

    private RemoteProcess(Process process, Thread hook) {
        this.process = process;
        this.hook = hook;
    }

    /**
     * Starts a command.
     *
     * @param argv program and arguments
     * @param streams what is connected to what
     * @throws IOException when the program cannot be run
     */
    static RemoteProcess start(List<String> argv, Streams streams) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(argv);
        if (streams != Streams.READ_OUTPUT) {
            builder.redirectError(ProcessBuilder.Redirect.INHERIT);
        }
        if (streams == Streams.READ_OUTPUT || streams == Streams.INHERIT) {
            builder.redirectInput(NO_INPUT);
        }
        if (streams == Streams.WRITE_INPUT || streams == Streams.INHERIT) {
            builder.redirectOutput(ProcessBuilder.Redirect.INHERIT);
        }
        // Set before the start, so that no signal finds the process without it.
        Thread hook = new Thread(RemoteProcess::endChildren, "stop-remote");
        try {
            Runtime.getRuntime().addShutdownHook(hook);
        } catch (IllegalStateException e) {
            throw new IOException("this program is being ended", e);
        }
        try {
            return new RemoteProcess(builder.start(), hook);
        } catch (IOException e) {
            remove(hook);
            throw e;
        }
    }

    private static void endChildren() {
        ProcessHandle.current().children().forEach(ProcessHandle::destroy);
    }

    private static void remove(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The virtual machine is ending; the hook runs already.
        }
    }

    OutputStream input() {
        return process.getOutputStream();
    }

    InputStream output() {
        return process.getInputStream();
    }

    InputStream error() {
        return process.getErrorStream();
    }

    /** Waits for the end. Returns the exit code, 128 and the signal's number after a signal. */
    int waitFor() {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return process.waitFor();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * Ends the process if it still runs. It has ended when this returns: left to itself it would come to be a child of the process
     * number 1, and where that is PostgreSQL, in a container, an exit code like 255 makes it restart everything.
     */
    @Override
    public void close() {
        // By its handle: Process.destroy closes the streams first, and waits for whoever is writing to the server just
        // then.
        ProcessHandle handle = process.toHandle();
        handle.destroy();
        try {
            if (!process.waitFor(MAX_END_MILLIS, TimeUnit.MILLISECONDS)) {
                handle.destroyForcibly();
                process.waitFor(MAX_END_MILLIS, TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            handle.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        remove(hook);
    }
}

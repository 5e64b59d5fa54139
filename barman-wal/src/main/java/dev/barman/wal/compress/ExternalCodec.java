// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import dev.barman.process.Command;
import dev.barman.process.CommandRunner;
import dev.barman.process.RunningCommand;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A pair of external programs that filter standard input to standard output. */
final class ExternalCodec extends WalCodec {
    private static final int BUFFER_BYTES = 1 << 16;

    private final Command compressor;
    private final Command decompressor;

    private ExternalCodec(CompressionAlgorithm algorithm, Command compressor, Command decompressor) {
        super(algorithm);
        this.compressor = compressor;
        this.decompressor = decompressor;
    }

    static ExternalCodec pigz(CompressionSettings settings) {
        // -n and -T: neither name nor time in the header, so that the output is reproducible.
        return new ExternalCodec(
                settings.algorithm(),
                Command.of("pigz", "-c", "-n", "-T", "-" + settings.levelNumber()),
                Command.of("pigz", "-c", "-d"));
    }

    static ExternalCodec custom(CompressionSettings settings) {
        String filter = settings.customFilter();
        String reverse = settings.customDecompressionFilter();
        if (filter == null || reverse == null) {
            throw new IllegalArgumentException("custom compression without filters");
        }
        return new ExternalCodec(settings.algorithm(), Command.shell(filter), Command.shell(reverse));
    }

    @Override
    public long compress(Path source, FileChannel target) throws IOException {
        long size = Files.size(source);
        long start = target.position();
        RunningCommand running = CommandRunner.startPiped(compressor.withStdin(source));
        boolean done = false;
        try (InputStream out = running.stdout()) {
            copy(out, Channels.newOutputStream(target));
            running.await().orThrow();
            done = true;
        } finally {
            if (!done) {
                running.destroy();
            }
        }
        if (Files.size(source) != size) {
            throw new IOException(source + " changed its size while it was read");
        }
        return target.position() - start;
    }

    @Override
    public OutputStream compressing(OutputStream target) throws IOException {
        RunningCommand running = CommandRunner.startPiped(compressor);
        Pump pump = Pump.start(running.stdout(), target, compressor.programName() + " output");
        return new FilterStream(running, pump, target);
    }

    @Override
    public InputStream decompressing(InputStream source) throws IOException {
        try {
            RunningCommand running = CommandRunner.startPiped(decompressor);
            Pump pump = Pump.start(source, running.stdin(), decompressor.programName() + " input");
            return new FilterDecoder(source, running, pump);
        } catch (IOException e) {
            source.close();
            throw e;
        }
    }

    private static void copy(InputStream from, OutputStream to) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
            to.write(buffer, 0, n);
        }
    }

    /** A thread that copies one stream to another; closes the program's end only. */
    private static final class Pump implements Runnable {
        private final InputStream from;
        private final OutputStream to;
        private final boolean closesTarget;
        private final Thread thread;
        private volatile @Nullable IOException readFailure;
        private volatile @Nullable IOException writeFailure;

        private Pump(InputStream from, OutputStream to, boolean closesTarget, String name) {
            this.from = from;
            this.to = to;
            this.closesTarget = closesTarget;
            this.thread = new Thread(this, name);
            thread.setDaemon(true);
        }

        static Pump start(InputStream from, OutputStream to, String name) {
            Pump pump = new Pump(from, to, name.endsWith("input"), name);
            pump.thread.start();
            return pump;
        }

        @Override
        public void run() {
            byte[] buffer = new byte[BUFFER_BYTES];
            try {
                int n = read(buffer);
                while (n >= 0) {
                    to.write(buffer, 0, n);
                    n = read(buffer);
                }
            } catch (IOException e) {
                writeFailure = e;
            } finally {
                try {
                    // Ends the program's input, or lets a program that still writes know that nobody reads.
                    (closesTarget ? to : from).close();
                } catch (IOException e) {
                    if (writeFailure == null) {
                        writeFailure = e;
                    }
                }
            }
        }

        /** Reads on; a failure is kept for the owner, and ends the copy like the end of the data. */
        private int read(byte[] buffer) {
            try {
                return from.read(buffer);
            } catch (IOException e) {
                readFailure = e;
                return -1;
            }
        }

        /** Waits for the end of the copy. */
        void join() throws InterruptedIOException {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while waiting for a filter");
            }
        }

        void throwReadFailure() throws IOException {
            IOException failure = readFailure;
            if (failure != null) {
                throw new IOException("cannot read the input of a filter: " + failure.getMessage(), failure);
            }
        }

        void throwWriteFailure() throws IOException {
            IOException failure = writeFailure;
            if (failure != null) {
                throw new IOException("cannot write the output of a filter: " + failure.getMessage(), failure);
            }
        }
    }

    private static final class FilterStream extends FilterOutputStream {
        private final RunningCommand running;
        private final Pump pump;
        private final OutputStream target;
        private boolean open = true;

        FilterStream(RunningCommand running, Pump pump, OutputStream target) {
            super(running.stdin());
            this.running = running;
            this.pump = pump;
            this.target = target;
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            out.write(bytes, offset, length);
        }

        @Override
        public void close() throws IOException {
            if (!open) {
                return;
            }
            open = false;
            try (target) {
                try {
                    out.close();
                } finally {
                    pump.join();
                }
                running.await().orThrow();
                pump.throwReadFailure();
                pump.throwWriteFailure();
            } finally {
                running.destroy();
            }
        }
    }

    private static final class FilterDecoder extends DecoderStream {
        private final InputStream source;
        private final RunningCommand running;
        private final Pump pump;

        FilterDecoder(InputStream source, RunningCommand running, Pump pump) {
            this.source = source;
            this.running = running;
            this.pump = pump;
        }

        @Override
        int decode(byte[] target, int offset, int length) throws IOException {
            int n = running.stdout().read(target, offset, length);
            if (n < 0) {
                // The status decides: a filter may stop reading before the end of its input.
                running.await().orThrow();
                pump.throwReadFailure();
            }
            return n;
        }

        @Override
        void release() throws IOException {
            try (source) {
                running.stdout().close();
                running.destroy();
            }
        }
    }
}

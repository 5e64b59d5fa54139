// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import dev.barman.file.IoReason;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.prefetch.SegmentSource;
import dev.barman.wal.spool.WalSpool;
import dev.barman.wal.stream.Answer;
import dev.barman.wal.stream.WalStreamReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/** A server that sends one segment after the other over one connection: {@code barman get-wal --stream}. */
final class StreamSource implements SegmentSource {
    /** One is on its way, the next one is at the server already, and one more is written to the disk. */
    private static final int DEPTH = 3;

    private final RemoteProcess remote;
    private final WalStreamReader reader;
    private final SegmentReceiver receiver;
    private final Results results;
    private final Queue<WalSegmentName> asked = new ConcurrentLinkedQueue<>();

    private StreamSource(RemoteProcess remote, WalStreamReader reader, SegmentReceiver receiver, Results results) {
        this.remote = remote;
        this.reader = reader;
        this.receiver = receiver;
        this.results = results;
    }

    /** What came of an attempt to open a stream. */
    record Opened(@Nullable StreamSource source, int exitCode) {}

    /**
     * Connects, and asks for the first segment.
     *
     * @return the stream; or none and the exit code of the remote command, if it does not stream
     * @throws IOException when the command cannot be run
     */
    static Opened open(
            BarmanConnection connection, String server, WalSegmentName first, WalSpool spool, Results results)
            throws IOException {
        List<String> argv = connection.getWal(server, first.text(), List.of("--stream"), BarmanConnection.KEEP_ALIVE);
        RemoteProcess remote = RemoteProcess.start(argv, RemoteProcess.Streams.TALK);
        WalStreamReader reader = new WalStreamReader(remote.output());
        if (!Greeting.await(remote, reader::readGreeting)) {
            try (remote) {
                return new Opened(null, remote.waitFor());
            }
        }
        StreamSource source = new StreamSource(remote, reader, new SegmentReceiver(spool), results);
        source.asked.add(first);
        Thread thread = new Thread(source::receiveAll, "receive");
        thread.setDaemon(true);
        thread.start();
        return new Opened(source, 0);
    }

    @Override
    public int depth() {
        return DEPTH;
    }

    @Override
    public void request(WalSegmentName name) throws IOException {
        asked.add(name);
        OutputStream out = remote.input();
        out.write((name.text() + "\n").getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    private void receiveAll() {
        try {
            while (true) {
                Answer answer = reader.next();
                WalSegmentName name = asked.poll();
                if (name == null || !name.text().equals(answer.name())) {
                    throw new IOException("the server answered for " + answer.name() + ", which was not asked for");
                }
                results.add(result(name, answer));
            }
        } catch (IOException | RuntimeException | Error e) {
            String message = "the connection is lost: " + e.getMessage();
            // Before the results, so that no request comes behind them.
            remote.close();
            for (WalSegmentName name = asked.poll(); name != null; name = asked.poll()) {
                results.add(new Result(name, Outcome.FAILED, message));
            }
        }
    }

    private Result result(WalSegmentName name, Answer answer) {
        switch (answer.kind()) {
            case ABSENT:
                return new Result(name, Outcome.ABSENT, null);
            case WAL:
                break;
            default:
                return new Result(name, Outcome.FAILED, answer.message());
        }
        try {
            String problem = receiver.receive(name, answer.content(), () -> null);
            return problem == null ? new Result(name, Outcome.READY, null) : new Result(name, Outcome.FAILED, problem);
        } catch (IOException e) {
            return new Result(name, Outcome.FAILED, IoReason.alone(e));
        } catch (RuntimeException | Error e) {
            // A decompressor without its library, or without memory. Somebody waits for the result.
            return new Result(name, Outcome.FAILED, e.toString());
        }
    }

    @Override
    public void close() {
        remote.close();
    }
}

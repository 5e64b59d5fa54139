// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import dev.barman.wal.archive.ReadySegment;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.stream.DeliveryAnswers;
import dev.barman.wal.stream.DeliveryWriter;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a server that takes one segment after the other and acknowledges each: {@code barman put-wal --stream}. Not
 * thread-safe.
 */
final class PutStream implements StandingSender.Channel, AutoCloseable {
    private final RemoteProcess remote;
    private final DeliveryAnswers answers;
    private final SendProgress progress;
    private final DeliveryWriter deliveries;
    private final WalLoader loader;
    private final boolean md5;
    private final ExecutorService hasher = Executors.newSingleThreadExecutor(PutStream::thread);

    private PutStream(
            RemoteProcess remote, DeliveryAnswers answers, WalLoader loader, boolean md5, SendProgress progress) {
        this.remote = remote;
        this.answers = answers;
        this.progress = progress;
        this.deliveries = new DeliveryWriter(progress.observed(remote.input()));
        this.loader = loader;
        this.md5 = md5;
    }

    private static Thread thread(Runnable work) {
        Thread thread = new Thread(work, "hash");
        thread.setDaemon(true);
        return thread;
    }

    /** What came of an attempt to open a stream: a stream, or the exit code of a remote command that does not stream. */
    record Opened(@Nullable PutStream stream, int exitCode) {}

    /**
     * Connects.
     *
     * @param compression how to compress segments on their way, null for not at all
     * @param md5 MD5 instead of SHA-256
     * @param progress is told of every move
     * @throws IOException when the command cannot be run
     */
    static Opened open(
            BarmanConnection connection,
            String server,
            @Nullable CompressionSettings compression,
            boolean md5,
            SendProgress progress)
            throws IOException {
        RemoteProcess remote = RemoteProcess.start(connection.putWalStream(server), RemoteProcess.Streams.TALK);
        DeliveryAnswers answers = new DeliveryAnswers(remote.output());
        if (Greeting.await(remote, answers::readGreeting)) {
            return new Opened(new PutStream(remote, answers, new WalLoader(compression), md5, progress), 0);
        }
        try (remote) {
            return new Opened(null, remote.waitFor());
        }
    }

    @Override
    public @Nullable String send(ReadySegment segment) throws IOException {
        progress.local();
        WalContent content = loader.following(segment);
        if (content == null) {
            return "it cannot be read, or was changed meanwhile";
        }
        MessageDigest digest = digest();
        hasher.execute(() -> content.hash(digest));
        WalTar tar = new WalTar(deliveries, md5);
        tar.add(content);
        tar.end();
        deliveries.endDelivery();
        progress.local();
        loader.recycle(content);
        return null;
    }

    @Override
    public @Nullable String answer() throws IOException {
        progress.remote();
        String refusal = answers.next();
        progress.local();
        return refusal;
    }

    @Override
    public void signOfLife() throws IOException {
        deliveries.signOfLife();
        // What was written is not waited for.
        progress.local();
    }

    /** Ends the connection under whoever waits for it. From another thread. */
    void cut() {
        remote.close();
    }

    private MessageDigest digest() {
        try {
            return MessageDigest.getInstance(WalTar.algorithm(md5));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has " + WalTar.algorithm(md5), e);
        }
    }

    /** Ends the session; in the middle of a delivery the server drops that. */
    @Override
    public void close() {
        hasher.shutdown();
        try {
            deliveries.close();
        } catch (IOException e) {
            // The other end is gone already.
        }
        remote.close();
    }
}

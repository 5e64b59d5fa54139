// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import dev.barman.file.IoReason;
import dev.barman.wal.archive.ReadySegment;
import dev.barman.wal.archive.ReadySegments;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Loads the files of one transfer, and computes their checksums, ahead of the thread that sends them: while one is sent, the next is
 * made ready, and no more than that.
 */
final class WalFeed extends Thread implements AutoCloseable {
    private final WalLoader loader;
    private final String name;
    private final Path file;
    private final @Nullable ReadySegments following;
    private final String algorithm;
    private final long deadline;

    private final List<ReadySegment> loaded = new ArrayList<>();
    private @Nullable WalContent next;
    private @Nullable ClientException failure;
    private boolean ended;
    private boolean closed;

    /**
     * @param name name of the requested file
     * @param file the requested file
     * @param following what may come behind it, null for nothing
     * @param algorithm of the checksums
     * @param deadline {@link System#nanoTime} after which no more files are begun
     */
    WalFeed(
            WalLoader loader,
            String name,
            Path file,
            @Nullable ReadySegments following,
            String algorithm,
            long deadline) {
        super("wal-feed");
        setDaemon(true);
        this.loader = loader;
        this.name = name;
        this.file = file;
        this.following = following;
        this.algorithm = algorithm;
        this.deadline = deadline;
    }

    @Override
    public void run() {
        try {
            feed();
        } catch (ClientException e) {
            fail(e);
        } catch (IOException e) {
            fail(new ClientException(ArchiveExit.LOCAL_FAILURE, "Cannot read '" + file + "': " + IoReason.alone(e)));
        } catch (RuntimeException | Error e) {
            fail(new ClientException(ArchiveExit.LOCAL_FAILURE, "Cannot prepare '" + file + "': " + e));
        } finally {
            end();
        }
    }

    private void feed() throws IOException, ClientException {
        WalContent content = loader.requested(name, file);
        while (offer(content)) {
            content.hash(digest());
            ReadySegment segment =
                    following == null || System.nanoTime() - deadline >= 0 || !awaitTaken() ? null : following.next();
            WalContent more = segment == null ? null : loader.following(segment);
            if (segment == null || more == null) {
                return;
            }
            synchronized (this) {
                loaded.add(segment);
            }
            content = more;
        }
        content.release();
    }

    private MessageDigest digest() {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has " + algorithm, e);
        }
    }

    private synchronized boolean offer(WalContent content) {
        if (!awaitTaken()) {
            return false;
        }
        next = content;
        notifyAll();
        return true;
    }

    /** Returns false when nobody will take anything any more. */
    private synchronized boolean awaitTaken() {
        await(false);
        return !closed;
    }

    private synchronized void fail(ClientException e) {
        failure = e;
    }

    private synchronized void end() {
        ended = true;
        notifyAll();
    }

    /** Waits until there is content to take, or none; or the other side has finished. */
    private synchronized void await(boolean content) {
        while ((next != null) != content && !ended && !closed) {
            try {
                wait();
            } catch (InterruptedException e) {
                // Nobody interrupts the threads of this program; it is ended as a whole.
                throw new IllegalStateException(e);
            }
        }
    }

    /**
     * The content that is to be sent next; the requested file comes first. Its checksum may still be in the making.
     *
     * @return null when there is no more
     * @throws ClientException when the requested file cannot be sent
     */
    synchronized @Nullable WalContent take() throws ClientException {
        await(true);
        if (next == null && failure != null) {
            throw failure;
        }
        WalContent taken = next;
        next = null;
        notifyAll();
        return taken;
    }

    /** The segments behind the requested file that {@link #take} has given, once it has given null. */
    synchronized List<ReadySegment> following() {
        return List.copyOf(loaded);
    }

    /** Stops loading. */
    @Override
    public synchronized void close() {
        closed = true;
        notifyAll();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import com.google.common.base.Throwables;
import dev.barman.core.BarmanException;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectUpload;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import dev.barman.storage.cloud.transfer.PartStream;
import dev.barman.wal.compress.WalCodec;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * Writes one archive of a backup into a bucket, as one object or several: each is a complete tar file, an entry is never divided, and before an entry
 * for which the present object is {@linkplain ArchivePlan#isFull too large} the next object begins. With several threads each writes an object of its
 * own. Nothing is visible before {@link ArchiveObject#complete}. To be used by one thread, whose entries the others write.
 */
final class BackupArchiveWriter {
    private static final int BUFFER_BYTES = 1 << 18;
    /** Entries that wait for a thread: they hide the time it takes to find the next ones. */
    private static final int WAITING = 64;

    /** Makes the uploads of an archive. Thread-safe. */
    interface Uploads {
        ObjectUpload start(ObjectKey key, PutOptions options) throws StorageException;

        PartStream open(ObjectUpload upload);
    }

    /** Where the objects go. */
    interface Naming {
        /** The key of an object by the last segment of its name. */
        ObjectKey key(String fileName);
    }

    private final String name;
    private final Naming naming;
    private final Uploads uploads;
    private final UploadOptions options;
    private final PutOptions putOptions;
    private final @Nullable WalCodec codec;
    private final ArchivePlan plan;
    private final ExecutorService threads;

    /** Also guards the fields below. */
    private final List<ArchiveObject> objects = new ArrayList<>();

    private final Deque<Lane> lanes = new ArrayDeque<>();
    private int begun;
    private int underWay;
    private @Nullable Throwable failure;

    /**
     * @param name {@code data}, or the object id of a tablespace
     * @param putOptions how objects are stored
     * @param codec compresses, null for none; closed by the caller
     * @param threads as many as the plan has writers; not needed for one
     */
    BackupArchiveWriter(
            String name,
            Naming naming,
            Uploads uploads,
            UploadOptions options,
            PutOptions putOptions,
            @Nullable WalCodec codec,
            ArchivePlan plan,
            ExecutorService threads) {
        this.name = name;
        this.naming = naming;
        this.uploads = uploads;
        this.options = options;
        this.putOptions = putOptions;
        this.codec = codec;
        this.plan = plan;
        this.threads = threads;
    }

    /** What one thread at a time writes: one object after the other. */
    private final class Lane {
        private final byte[] buffer = new byte[BUFFER_BYTES];
        private @Nullable ArchiveObject current;
        private int number;

        void add(TreeEntry entry) throws IOException, BarmanException {
            if (current != null
                    && plan.isFull(number, current.sizeBytes(), entry.header().sizeBytes())) {
                finish();
            }
            if (current == null) {
                number = nextNumber();
                current = start(number);
            }
            current.add(entry, buffer);
        }

        void finish() throws IOException {
            ArchiveObject object = current;
            current = null;
            if (object != null) {
                object.finish();
            }
        }
    }

    private int nextNumber() {
        synchronized (objects) {
            return begun++;
        }
    }

    private ArchiveObject start(int number) throws IOException {
        String suffix = number == 0 ? "" : String.format("_%04d", number);
        ObjectKey key = naming.key(name + suffix + ".tar" + options.suffix());
        ObjectUpload upload = uploads.start(key, putOptions);
        ArchiveObject object = new ArchiveObject(key, upload, uploads.open(upload), codec);
        synchronized (objects) {
            objects.add(object);
            if (failure != null) {
                // Given up meanwhile, with the objects that there were.
                object.giveUp();
            }
        }
        return object;
    }

    /**
     * Adds an entry, or has it added by another thread while this one goes on.
     *
     * @throws IOException also the failure of an entry that was added before
     * @throws BarmanException likewise
     */
    void add(TreeEntry entry) throws IOException, BarmanException {
        if (plan.writers() == 1) {
            onlyLane().add(entry);
            return;
        }
        synchronized (objects) {
            awaitUnderWay(plan.writers() + WAITING - 1);
            underWay++;
        }
        boolean handedOver = false;
        try {
            threads.execute(() -> addAside(entry));
            handedOver = true;
        } finally {
            if (!handedOver) {
                end(null);
            }
        }
    }

    private Lane onlyLane() {
        if (lanes.isEmpty()) {
            lanes.add(new Lane());
        }
        return lanes.getFirst();
    }

    private void addAside(TreeEntry entry) {
        Throwable why = null;
        try {
            Lane lane = takeLane();
            if (lane != null) {
                lane.add(entry);
                giveBack(lane);
            }
        } catch (IOException | BarmanException | RuntimeException | Error e) {
            why = e;
        } finally {
            end(why);
        }
    }

    private void end(@Nullable Throwable why) {
        synchronized (objects) {
            underWay--;
            failure = failure == null ? why : failure;
            objects.notifyAll();
        }
    }

    /** The one used last: as few objects as possible are begun. Null when nothing is to be written any more. */
    private @Nullable Lane takeLane() {
        synchronized (objects) {
            if (failure != null) {
                return null;
            }
            return lanes.isEmpty() ? new Lane() : lanes.pop();
        }
    }

    private void giveBack(Lane lane) {
        synchronized (objects) {
            lanes.push(lane);
        }
    }

    /** Waits until so many entries at most are not written yet. */
    private void awaitUnderWay(int most) throws IOException, BarmanException {
        synchronized (objects) {
            while (underWay > most && failure == null) {
                try {
                    objects.wait();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new InterruptedIOException("interrupted while archiving");
                }
            }
            if (failure != null) {
                Throwables.throwIfInstanceOf(failure, IOException.class);
                Throwables.throwIfInstanceOf(failure, BarmanException.class);
                Throwables.throwIfUnchecked(failure);
            }
        }
    }

    /**
     * Adds an entry when all the others are written, behind all of them in the last object: of several entries of one name it is the one that
     * counts.
     */
    void addLast(TreeEntry entry) throws IOException, BarmanException {
        awaitUnderWay(0);
        Lane last = onlyLane();
        for (Lane lane : lanes) {
            if (lane.current != null && (last.current == null || lane.number > last.number)) {
                last = lane;
            }
        }
        last.add(entry);
    }

    /** Ends the objects being written; an archive without entries is an object too. Sends what is left of them, and does not wait. */
    void finish() throws IOException, BarmanException {
        awaitUnderWay(0);
        if (begun == 0) {
            begun = 1;
            start(0).finish();
        }
        for (Lane lane : lanes) {
            lane.finish();
        }
    }

    /** Waits until everything has been sent. */
    void await() throws IOException {
        for (ArchiveObject object : objects()) {
            object.await();
        }
    }

    /** The objects begun so far, in the order of their names. */
    List<ArchiveObject> objects() {
        List<ArchiveObject> sorted;
        synchronized (objects) {
            sorted = new ArrayList<>(objects);
        }
        // By their numbers, of four digits or more.
        sorted.sort(Comparator.comparingInt(
                        (ArchiveObject object) -> object.key().value().length())
                .thenComparing(object -> object.key().value()));
        return sorted;
    }

    /** Lets no entry be written and no part be sent any more that is not on its way already, and does not wait. */
    void giveUp() {
        synchronized (objects) {
            failure = failure == null ? new IOException("the backup was given up") : failure;
            objects.notifyAll();
        }
        objects().forEach(ArchiveObject::giveUp);
    }

    /** Waits, after {@link #giveUp}, until nobody writes any more. What was begun must be closed afterwards. */
    void awaitStop() {
        boolean interrupted = false;
        synchronized (objects) {
            while (underWay > 0) {
                try {
                    objects.wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Somebody else stores a backup under the same id. */
    static final class TakenException extends IOException {
        private static final long serialVersionUID = 1L;

        TakenException(ObjectKey key) {
            super("there is an object " + key + " already: another backup has the same id");
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.core.BarmanException;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectUpload;
import dev.barman.object.StorageException;
import dev.barman.storage.cloud.transfer.PartStream;
import dev.barman.tar.PaxTarWriter;
import dev.barman.wal.compress.WalCodec;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One object of an archive, a complete tar file on its way into a bucket. It has the directories of its files, but for those that are added
 * without, so that it can be unpacked alone. Invisible before {@link #complete}. Written to by one thread at a time.
 */
final class ArchiveObject implements AutoCloseable {
    private final ObjectKey key;
    private final ObjectUpload upload;
    private final PartStream stream;
    private final Counting counting;
    private final Set<String> directories = new HashSet<>();
    private @Nullable OutputStream compressing;
    private @Nullable PaxTarWriter tar;
    private boolean visible;
    /** Whether making it visible has failed, and may have had its effect all the same. */
    private boolean doubtful;

    /**
     * @param upload closed with this object, also when this constructor fails
     * @param stream what becomes the content of the upload
     * @param codec compresses, null for none; stays open
     */
    ArchiveObject(ObjectKey key, ObjectUpload upload, PartStream stream, @Nullable WalCodec codec) throws IOException {
        this.key = key;
        this.upload = upload;
        this.stream = stream;
        this.counting = new Counting(stream);
        try {
            OutputStream out = codec == null ? counting : codec.compressing(counting);
            this.compressing = out;
            this.tar = new PaxTarWriter(out);
        } catch (IOException | RuntimeException | Error e) {
            upload.close();
            throw e;
        }
    }

    /** Counts what an object has so far; the end of the compressed data is not yet that of the upload. */
    private static final class Counting extends FilterOutputStream {
        private long count;

        Counting(OutputStream out) {
            super(out);
        }

        @Override
        public void write(int b) throws IOException {
            out.write(b);
            count++;
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            out.write(bytes, offset, length);
            count += length;
        }

        @Override
        public void close() {
            // the stream behind is ended by finish
        }
    }

    ObjectKey key() {
        return key;
    }

    /** How many bytes it has so far, compressed. */
    long sizeBytes() {
        return counting.count;
    }

    /** Adds an entry, behind the directories above it that are not in this object yet. */
    void add(TreeEntry entry, byte[] buffer) throws IOException, BarmanException {
        addDirectories(entry.directory());
        TreeEntry.Content content = entry.content();
        if (content != null) {
            content.writeTo(this, entry.header(), buffer);
        } else if (entry.isDirectory()) {
            addDirectories(entry);
        } else {
            begin(entry.header());
            end();
        }
    }

    private void addDirectories(@Nullable TreeEntry directory) throws IOException {
        if (directory == null || directories.contains(directory.header().name())) {
            return;
        }
        addDirectories(directory.directory());
        begin(directory.header());
        end();
        directories.add(directory.header().name());
    }

    /** Begins an entry. */
    void begin(PaxTarWriter.Entry header) throws IOException {
        writer().begin(header);
    }

    private PaxTarWriter writer() {
        if (tar == null) {
            throw new IllegalStateException("finished already: " + key);
        }
        return tar;
    }

    /** Writes content of the entry. */
    void write(byte[] bytes, int length) throws IOException {
        writer().write(bytes, 0, length);
    }

    /** Ends the entry. */
    void end() throws IOException {
        writer().end();
    }

    /** Ends the object. Sends what is left of it, and does not wait. */
    void finish() throws IOException {
        writer().finish();
        if (compressing != null) {
            compressing.close();
        }
        stream.finish();
        // There may be thousands of objects, and all of them stay to the end of the backup.
        tar = null;
        compressing = null;
        directories.clear();
    }

    /** Waits until everything has been sent. */
    void await() throws IOException {
        stream.await();
    }

    /**
     * Makes the object visible, after {@link #finish} and {@link #await}.
     *
     * @throws BackupArchiveWriter.TakenException when there is an object of the name already, and it was not to be replaced
     */
    synchronized void complete() throws IOException {
        doubtful = true;
        boolean stored = upload.complete();
        doubtful = false;
        if (!stored) {
            throw new BackupArchiveWriter.TakenException(key);
        }
        visible = true;
    }

    /**
     * Looks, after {@link #close}, at an object of which it is not sure that it could be made visible.
     *
     * @return false when the store does not tell whether it is there
     */
    synchronized boolean settle() {
        if (doubtful) {
            try {
                visible = upload.wasStored();
                doubtful = false;
            } catch (StorageException e) {
                return false;
            }
        }
        return true;
    }

    synchronized boolean isVisible() {
        return visible;
    }

    /** Lets no part be sent any more that is not on its way already, and does not wait. */
    void giveUp() {
        stream.giveUp();
    }

    /** Gives up what is not complete. */
    @Override
    public void close() {
        stream.close();
        upload.close();
    }
}

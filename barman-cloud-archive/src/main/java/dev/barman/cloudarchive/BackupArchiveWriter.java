// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectUpload;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import dev.barman.storage.cloud.transfer.PartStream;
import dev.barman.tar.PaxTarWriter;
import dev.barman.wal.compress.WalCodec;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes one archive of a backup into a bucket, as one object or several: each is a complete tar file, an entry is never divided, and before an entry
 * for which the present object is too large already the next object begins. Nothing is visible before {@link #complete}. Not thread-safe.
 */
final class BackupArchiveWriter implements AutoCloseable {
    /** Makes the uploads of an archive. */
    interface Uploads {
        ObjectUpload start(ObjectKey key, PutOptions options) throws StorageException;

        PartStream open(ObjectUpload upload);
    }

    private final String name;
    private final Naming naming;
    private final Uploads uploads;
    private final UploadOptions options;
    private final PutOptions putOptions;
    private final List<Part> parts = new ArrayList<>();
    private @Nullable Part current;

    /** Where the objects go. */
    interface Naming {
        /** The key of an object by the last segment of its name. */
        ObjectKey key(String fileName);
    }

    /**
     * @param name {@code data}, or the object id of a tablespace
     * @param putOptions how objects are stored
     */
    BackupArchiveWriter(String name, Naming naming, Uploads uploads, UploadOptions options, PutOptions putOptions) {
        this.name = name;
        this.naming = naming;
        this.uploads = uploads;
        this.options = options;
        this.putOptions = putOptions;
    }

    String name() {
        return name;
    }

    /** An object being written. */
    private static final class Part {
        private final ObjectKey key;
        private final ObjectUpload upload;
        private final PartStream stream;
        private final Counting counting;
        private final OutputStream compressing;
        private final PaxTarWriter tar;
        private boolean visible;
        /** Whether making it visible has failed, and may have had its effect all the same. */
        private boolean doubtful;

        Part(ObjectKey key, ObjectUpload upload, PartStream stream, UploadOptions options) throws IOException {
            this.key = key;
            this.upload = upload;
            this.stream = stream;
            this.counting = new Counting(stream);
            this.compressing = options.compression() == null
                    ? counting
                    : WalCodec.of(options.compression()).compressing(counting);
            this.tar = new PaxTarWriter(compressing);
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

    /** Begins an entry, in the next object when the present one is large enough. */
    void begin(PaxTarWriter.Entry entry) throws IOException {
        Part part = current;
        if (part != null && part.counting.count > options.maxArchiveBytes()) {
            finish();
            part = null;
        }
        if (part == null) {
            part = next();
        }
        part.tar.begin(entry);
    }

    private Part next() throws IOException {
        String number = parts.isEmpty() ? "" : String.format("_%04d", parts.size());
        ObjectKey key = naming.key(name + number + ".tar" + options.suffix());
        ObjectUpload upload = uploads.start(key, putOptions);
        Part part;
        try {
            part = new Part(key, upload, uploads.open(upload), options);
        } catch (IOException | RuntimeException | Error e) {
            upload.close();
            throw e;
        }
        parts.add(part);
        current = part;
        return part;
    }

    /** Writes content of the entry. */
    void write(byte[] bytes, int length) throws IOException {
        writing().tar.write(bytes, 0, length);
    }

    /** Ends the entry. */
    void end() throws IOException {
        writing().tar.end();
    }

    private Part writing() {
        if (current == null) {
            throw new IllegalStateException("no entry was begun in " + name);
        }
        return current;
    }

    /** Ends the object being written; an archive without entries is an object too. Sends what is left of it, and does not wait. */
    void finish() throws IOException {
        Part part = current;
        if (part == null) {
            if (!parts.isEmpty()) {
                return;
            }
            part = next();
        }
        current = null;
        part.tar.finish();
        part.compressing.close();
        part.stream.finish();
    }

    /** Waits until everything has been sent. */
    void await() throws IOException {
        for (Part part : parts) {
            part.stream.await();
        }
    }

    /**
     * Makes the objects visible, after {@link #finish} and {@link #await}.
     *
     * @throws TakenException when an object of one of the names is there already, and was not to be replaced
     */
    void complete() throws IOException {
        for (Part part : parts) {
            part.doubtful = true;
            boolean stored = part.upload.complete();
            part.doubtful = false;
            if (!stored) {
                throw new TakenException(part.key);
            }
            part.visible = true;
        }
    }

    /**
     * Looks, after {@link #close}, at what could not be made visible for sure.
     *
     * @return the objects of which the store does not tell whether they are there
     */
    List<ObjectKey> settle() {
        List<ObjectKey> unknown = new ArrayList<>();
        for (Part part : parts) {
            if (part.doubtful) {
                try {
                    part.visible = part.upload.wasStored();
                    part.doubtful = false;
                } catch (StorageException e) {
                    unknown.add(part.key);
                }
            }
        }
        return unknown;
    }

    /** What is visible so far. */
    List<ObjectKey> visible() {
        List<ObjectKey> keys = new ArrayList<>();
        for (Part part : parts) {
            if (part.visible) {
                keys.add(part.key);
            }
        }
        return keys;
    }

    /** Lets no part be sent any more that is not on its way already, and does not wait. */
    void giveUp() {
        for (Part part : parts) {
            part.stream.giveUp();
        }
    }

    /** Gives up what is not complete. */
    @Override
    public void close() {
        for (Part part : parts) {
            part.stream.close();
            part.upload.close();
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

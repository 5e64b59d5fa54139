// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.gcs;

import com.google.api.client.http.EmptyContent;
import com.google.api.client.http.GenericUrl;
import com.google.api.client.http.HttpRequest;
import com.google.api.client.http.HttpResponse;
import com.google.api.client.http.json.JsonHttpContent;
import com.google.api.services.storage.model.StorageObject;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectRanges;
import dev.barman.object.ObjectUpload;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import dev.barman.object.StorageException.Reason;
import dev.barman.storage.cloud.transfer.UploadMark;
import java.io.IOException;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A resumable upload. Google takes the bytes of an object in their order only, and all but the last ones in multiples of 256 KiB:
 * so a part waits for the one before it, and what is left of it over such a multiple is kept and goes with the next one.
 *
 * <p>When a part fails, it is not known how much of it arrived. Whoever sends it again has the store asked first, and sends what is
 * missing. Thread-safe.
 */
final class GcsUpload implements ObjectUpload {
    private static final Logger logger = LoggerFactory.getLogger(GcsUpload.class);

    private static final int UNIT = 256 * 1024;
    private static final int INCOMPLETE = 308;
    /** What a cancelled upload is answered with. */
    private static final int CANCELLED = 499;

    private final GcsRequests requests;
    private final ObjectKey key;
    private final String what;
    private final boolean createOnly;
    private final UploadMark mark;
    private final @Nullable GenericUrl session;
    private final PartTurns turns;
    private final CRC32C sum = new CRC32C();
    private byte[] tail = new byte[0];
    private long offset;
    private boolean uncertain;
    private volatile boolean ended;

    private GcsUpload(
            GcsRequests requests,
            ObjectKey key,
            String what,
            boolean createOnly,
            UploadMark mark,
            @Nullable GenericUrl session) {
        this.requests = requests;
        this.key = key;
        this.what = what;
        this.createOnly = createOnly;
        this.mark = mark;
        this.session = session;
        this.turns = new PartTurns(what);
    }

    /** Begins the upload. When the key is taken already, nothing will be sent, and {@link #complete} tells it. */
    static GcsUpload start(GcsRequests requests, ObjectKey key, String what, PutOptions options)
            throws StorageException {
        UploadMark mark = UploadMark.next();
        Map<String, String> metadata = new HashMap<>(options.tags());
        metadata.put(UploadMark.GOOGLE_NAME, mark.value());
        try {
            GenericUrl session = requests.begin(
                    new JsonHttpContent(
                            requests.json(),
                            requests.metadata(key, options, null).setMetadata(metadata)),
                    options);
            return new GcsUpload(requests, key, what, options.createOnly(), mark, session);
        } catch (IOException e) {
            if (options.createOnly() && GcsFailures.hasStatus(e, GcsFailures.PRECONDITION_FAILED)) {
                return new GcsUpload(requests, key, what, true, mark, null);
            }
            throw GcsFailures.classify(what, e);
        }
    }

    @Override
    public void part(int number, byte[] bytes, int start, int length) throws StorageException {
        ObjectRanges.checkPart(number);
        turns.await(number);
        boolean sent = false;
        try {
            send(bytes, start, length);
            sent = true;
        } catch (IOException e) {
            throw failed(what + ", part " + number, e);
        } finally {
            turns.end(sent);
        }
    }

    private void send(byte[] bytes, int start, int length) throws IOException {
        if (session == null) {
            return;
        }
        ChunkContent chunk = ChunkContent.of(tail, bytes, start, length);
        long whole = chunk.getLength() / UNIT * UNIT;
        long position = uncertain ? persisted(whole) : offset;
        while (position < offset + whole) {
            Answer answer = send(chunk.range(position - offset, whole), position, "*", null);
            position = progress(answer, position, whole);
        }
        sum.update(bytes, start, length);
        tail = chunk.range(whole, chunk.getLength()).bytes();
        offset += whole;
        uncertain = false;
    }

    /** Where to go on after a failure. */
    private long persisted(long expected) throws IOException {
        return within(ask(), expected);
    }

    private long within(Answer answer, long expected) throws StorageException {
        if (answer.object != null || answer.persisted < offset || answer.persisted > offset + expected) {
            throw new StorageException(
                    what + ": the store has " + answer.persisted + " bytes, which cannot be, of the parts sent so far",
                    Reason.OTHER,
                    false,
                    null);
        }
        return answer.persisted;
    }

    private long progress(Answer answer, long before, long expected) throws StorageException {
        long position = within(answer, expected);
        if (position <= before) {
            throw new StorageException(what + ": the store took nothing of what was sent", Reason.OTHER, true, null);
        }
        return position;
    }

    /**
     * What the store says of the upload.
     *
     * @param persisted how many bytes it has
     * @param object the object, once it is complete
     */
    private record Answer(long persisted, @Nullable StorageObject object) {}

    private Answer ask() throws IOException {
        return send(ChunkContent.of(new byte[0], new byte[0], 0, 0), 0, "*", null);
    }

    private Answer send(ChunkContent content, long position, String total, @Nullable String hash) throws IOException {
        if (session == null) {
            throw new IllegalStateException("nothing is sent for a key that is taken");
        }
        uncertain = true;
        HttpRequest request = requests.toSession("PUT", session, content);
        String range = content.getLength() == 0 ? "*" : position + "-" + (position + content.getLength() - 1);
        request.getHeaders().setContentRange("bytes " + range + "/" + total);
        if (hash != null) {
            request.getHeaders().set("X-Goog-Hash", "crc32c=" + hash);
        }
        HttpResponse response = requests.execute(request);
        if (response.getStatusCode() == INCOMPLETE) {
            String persisted = response.getHeaders().getRange();
            response.ignore();
            return new Answer(persisted == null ? 0 : end(persisted), null);
        }
        return new Answer(0, GcsRequests.object(requests.checked(response)));
    }

    /** From {@code bytes=0-42}. */
    private static long end(String range) throws IOException {
        try {
            return Long.parseLong(range.substring(range.indexOf('-') + 1).strip()) + 1;
        } catch (NumberFormatException e) {
            throw new IOException("the store answered with the range '" + range + "'", e);
        }
    }

    @Override
    public boolean complete() throws StorageException {
        if (session == null) {
            ended = true;
            return false;
        }
        long total = offset + tail.length;
        String hash = GcsRequests.encoded((int) sum.getValue());
        StorageObject object;
        try {
            Answer answer = uncertain ? ask() : new Answer(offset, null);
            ChunkContent rest = ChunkContent.of(tail, new byte[0], 0, 0);
            while (answer.object == null) {
                long position = within(answer, tail.length);
                answer = send(rest.range(position - offset, tail.length), position, Long.toString(total), hash);
                if (answer.object == null) {
                    progress(answer, position, tail.length);
                }
            }
            object = answer.object;
        } catch (IOException e) {
            if (createOnly && GcsFailures.hasStatus(e, GcsFailures.PRECONDITION_FAILED)) {
                ended = true;
                return false;
            }
            throw failed(what, e);
        }
        ended = true;
        verify(object, total, hash);
        return true;
    }

    @Override
    public boolean wasStored() throws StorageException {
        if (session == null) {
            return false;
        }
        try {
            StorageObject object = requests.find(key);
            return object.getMetadata() != null
                    && mark.isIn(object.getMetadata(), UploadMark.GOOGLE_NAME)
                    && isWhole(object, offset + tail.length, GcsRequests.encoded((int) sum.getValue()));
        } catch (IOException e) {
            if (GcsFailures.hasStatus(e, GcsFailures.NOT_FOUND)) {
                return false;
            }
            throw failed(what, e);
        }
    }

    private static boolean isWhole(StorageObject object, long total, String hash) {
        return BigInteger.valueOf(total).equals(object.getSize()) && hash.equals(object.getCrc32c());
    }

    /** The store checks the sum that came with the last request; whoever does not know it must not pass. */
    private void verify(StorageObject object, long total, String hash) throws StorageException {
        if (isWhole(object, total, hash)) {
            return;
        }
        throw discarded(
                requests,
                object,
                what + ": the store has " + object.getSize() + " bytes of " + total + ", or another checksum",
                false);
    }

    /** Deletes an object that is not what was sent, which nobody must take for the right one; returns what to throw. */
    static StorageException discarded(GcsRequests requests, StorageObject object, String problem, boolean retryable) {
        try {
            requests.discard(object);
        } catch (IOException e) {
            String message = GcsFailures.classify("deletion", e).getMessage();
            return new StorageException(
                    problem + "; the damaged object could not be deleted: " + message, Reason.OTHER, false, null);
        }
        return new StorageException(problem, Reason.OTHER, retryable, null);
    }

    private static StorageException failed(String doing, IOException e) {
        if (e instanceof StorageException known) {
            return known;
        }
        boolean gone = GcsFailures.hasStatus(e, GcsFailures.NOT_FOUND) || GcsFailures.hasStatus(e, GcsFailures.GONE);
        return gone
                ? new StorageException(
                        doing + ": the store does not know this upload any more", Reason.OTHER, false, null)
                : GcsFailures.classify(doing, e);
    }

    /** What is not cancelled, because the store cannot be reached, vanishes after a week. */
    @Override
    public void close() {
        if (!turns.close() || ended || session == null) {
            return;
        }
        try {
            HttpResponse response = requests.execute(requests.toSession("DELETE", session, new EmptyContent()));
            response.ignore();
            int status = response.getStatusCode();
            if (status != CANCELLED && !response.isSuccessStatusCode() && status != GcsFailures.NOT_FOUND) {
                logger.warn(
                        "{}: the store answered {} to the end of the unfinished upload, which stays for a week",
                        what,
                        status);
            }
        } catch (IOException e) {
            logger.warn(
                    "{}",
                    GcsFailures.classify(what + ": the unfinished upload stays for a week", e)
                            .getMessage());
        }
    }
}

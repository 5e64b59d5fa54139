// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.gcs;

import com.google.api.client.http.HttpResponse;
import com.google.api.services.storage.Storage;
import com.google.api.services.storage.model.Bucket;
import com.google.api.services.storage.model.Objects;
import com.google.api.services.storage.model.StorageObject;
import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectInfo;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectNotFoundException;
import dev.barman.object.ObjectPage;
import dev.barman.object.ObjectRanges;
import dev.barman.object.ObjectStore;
import dev.barman.object.ObjectUpload;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import dev.barman.object.StorageException.Reason;
import dev.barman.storage.cloud.transfer.ContentHash;
import dev.barman.storage.cloud.transfer.VerifiedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A bucket of Google Cloud Storage, through its JSON interface.
 *
 * <p>An object of known length is stored with one request, however large it is, and streamed from its source: no part of it is held
 * in memory. It goes with its CRC32C sum, which the store checks before the object appears. {@link #startUpload} makes a resumable
 * upload, which holds no part either, apart from less than 256 KiB between two of them; its sum goes with the last request. The sum
 * of an object comes with its content, and is checked when that is read from beginning to end.
 *
 * <p>Create-only writes ask for generation 0. Tags are metadata of the object. Thread-safe.
 */
public final class GcsObjectStore implements ObjectStore {
    private static final int MAX_PAGE = 1000;
    private static final long LARGE_BYTES = 64L * 1024 * 1024;

    private final Storage client;
    private final @Nullable String project;
    private final String bucket;
    private final GcsRequests requests;
    private final TimedConnections connections;

    private GcsObjectStore(GcsClients clients, String bucket, GcsSettings settings, long slowestBytesPerSecond) {
        this.client = clients.storage();
        this.connections = clients.connections();
        this.project = clients.project();
        this.bucket = bucket;
        this.requests = new GcsRequests(clients, bucket, settings.kmsKeyName(), slowestBytesPerSecond);
    }

    /**
     * Prepares the access to a bucket with the credentials of the process's environment; nothing is sent yet.
     *
     * @param bucket name of the bucket
     * @param settings how to reach it
     * @return the store
     * @throws StorageException when the settings or the environment cannot be used, for instance when there are no credentials
     */
    public static GcsObjectStore open(String bucket, GcsSettings settings) throws StorageException {
        return open(bucket, settings, System.getenv());
    }

    /**
     * As {@link #open(String, GcsSettings)} with another environment.
     *
     * @param bucket name of the bucket
     * @param settings how to reach it
     * @param environment where {@code GOOGLE_APPLICATION_CREDENTIALS}, {@code GOOGLE_CLOUD_PROJECT} and
     *     {@code STORAGE_EMULATOR_HOST} are looked up
     * @return the store
     * @throws StorageException when the settings or the environment cannot be used
     */
    public static GcsObjectStore open(String bucket, GcsSettings settings, Map<String, String> environment)
            throws StorageException {
        return open(bucket, settings, environment, GcsRequests.SLOWEST_BYTES_PER_SECOND);
    }

    /** With another idea of how slowly content may be taken. */
    static GcsObjectStore open(
            String bucket, GcsSettings settings, Map<String, String> environment, long slowestBytesPerSecond)
            throws StorageException {
        return new GcsObjectStore(GcsClients.of(settings, environment), bucket, settings, slowestBytesPerSecond);
    }

    private String describe(String verb, ObjectKey key) {
        return "Cannot " + verb + " gs://" + bucket + "/" + key;
    }

    @Override
    public boolean put(ObjectKey key, ObjectContent content, PutOptions options) throws IOException {
        // Spares sending gigabytes in vain; the condition of the request is what counts.
        if (options.createOnly()
                && content.sizeBytes() > LARGE_BYTES
                && stat(key).isPresent()) {
            return false;
        }
        String sum = GcsRequests.encoded(ContentHash.crc32cOf(content));
        StorageObject stored;
        try {
            String metadata = requests.json().toString(requests.metadata(key, options, sum));
            stored = requests.insert(new RelatedContent(metadata, content), options);
        } catch (IOException e) {
            if (options.createOnly() && GcsFailures.hasStatus(e, GcsFailures.PRECONDITION_FAILED)) {
                return false;
            }
            throw GcsFailures.sending(describe("store", key), e);
        }
        if (!BigInteger.valueOf(content.sizeBytes()).equals(stored.getSize()) || !sum.equals(stored.getCrc32c())) {
            // Left there it would be taken for another one's by whoever tries again.
            throw GcsUpload.discarded(
                    requests, stored, describe("store", key) + ": the store has another size or checksum", true);
        }
        return true;
    }

    @Override
    public ObjectUpload startUpload(ObjectKey key, PutOptions options) throws StorageException {
        return GcsUpload.start(requests, key, describe("store", key), options);
    }

    @Override
    public InputStream open(ObjectKey key) throws StorageException {
        return download(key, null);
    }

    @Override
    public InputStream open(ObjectKey key, long offset, long length) throws StorageException {
        ObjectRanges.check(offset, length);
        String end = offset > Long.MAX_VALUE - length ? "" : Long.toString(offset + length - 1);
        return download(key, "bytes=" + offset + "-" + end);
    }

    private InputStream download(ObjectKey key, @Nullable String range) throws StorageException {
        try {
            Storage.Objects.Get request = client.objects().get(bucket, key.value());
            // As it is stored, whatever its metadata say of an encoding: the checksum is of that.
            request.setReturnRawInputStream(true);
            if (range != null) {
                request.getRequestHeaders().setRange(range);
            }
            HttpResponse response = request.executeMedia();
            Long length = response.getHeaders().getContentLength();
            if (length == null) {
                response.disconnect();
                throw new IOException("the store did not say how long the content is");
            }
            InputStream body = response.getContent();
            Integer sum = range == null ? crc32c(response) : null;
            return new VerifiedInputStream(
                    describe("read", key),
                    body == null ? new ByteArrayInputStream(new byte[0]) : body,
                    length,
                    sum == null ? null : ContentHash.crc32c(sum),
                    response::disconnect);
        } catch (IOException e) {
            if (range != null && GcsFailures.hasStatus(e, GcsFailures.RANGE_NOT_SATISFIABLE)) {
                return new ByteArrayInputStream(new byte[0]);
            }
            throw reading(key, e);
        }
    }

    /** The header is {@code x-goog-hash: crc32c=...,md5=...}, or two of them. Null when there is none. */
    private static @Nullable Integer crc32c(HttpResponse response) {
        for (String value : response.getHeaders().getHeaderStringValues("x-goog-hash")) {
            for (String hash : value.split(",")) {
                if (hash.strip().startsWith("crc32c=")) {
                    return GcsRequests.decoded(hash.strip().substring("crc32c=".length()));
                }
            }
        }
        return null;
    }

    private StorageException reading(ObjectKey key, IOException e) throws StorageException {
        return GcsFailures.hasStatus(e, GcsFailures.NOT_FOUND) && (GcsFailures.saysNoSuchObject(e) || containerExists())
                ? new ObjectNotFoundException(key, null)
                : GcsFailures.classify(describe("read", key), e);
    }

    @Override
    public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
        try {
            return Optional.of(info(client.objects()
                    .get(bucket, key.value())
                    .setFields("name,size,timeCreated")
                    .execute()));
        } catch (IOException e) {
            StorageException failure = reading(key, e);
            if (failure instanceof ObjectNotFoundException) {
                return Optional.empty();
            }
            throw failure;
        }
    }

    private static ObjectInfo info(StorageObject object) throws IOException {
        if (object.getSize() == null || object.getTimeCreated() == null) {
            throw new IOException("the store did not tell size and time of " + object.getName());
        }
        return new ObjectInfo(
                ObjectKey.of(object.getName()),
                object.getSize().longValueExact(),
                Instant.ofEpochMilli(object.getTimeCreated().getValue()));
    }

    @Override
    public ObjectPage list(String prefix, Optional<String> page, int maxObjects) throws StorageException {
        ObjectRanges.checkPage(maxObjects);
        try {
            Objects answer = client.objects()
                    .list(bucket)
                    .setPrefix(prefix)
                    .setPageToken(page.orElse(null))
                    .setMaxResults((long) Math.min(maxObjects, MAX_PAGE))
                    .setFields("items(name,size,timeCreated),nextPageToken")
                    .execute();
            List<ObjectInfo> objects = new ArrayList<>();
            for (StorageObject object : answer.getItems() == null ? List.<StorageObject>of() : answer.getItems()) {
                // "Directories" that other tools make are no objects of ours.
                if (!object.getName().endsWith("/")) {
                    objects.add(info(object));
                }
            }
            return new ObjectPage(objects, Optional.ofNullable(answer.getNextPageToken()));
        } catch (IOException e) {
            throw GcsFailures.classify("Cannot list gs://" + bucket + "/" + prefix, e);
        }
    }

    @Override
    public List<String> listDirectories(String prefix) throws StorageException {
        try {
            List<String> directories = new ArrayList<>();
            String page = null;
            do {
                Objects answer = client.objects()
                        .list(bucket)
                        .setPrefix(prefix)
                        .setDelimiter("/")
                        .setPageToken(page)
                        .setMaxResults((long) MAX_PAGE)
                        .setFields("prefixes,nextPageToken")
                        .execute();
                if (answer.getPrefixes() != null) {
                    directories.addAll(answer.getPrefixes());
                }
                page = answer.getNextPageToken();
            } while (page != null);
            directories.sort(ObjectKey::compareUtf8);
            return directories;
        } catch (IOException e) {
            throw GcsFailures.classify("Cannot list gs://" + bucket + "/" + prefix, e);
        }
    }

    @Override
    public Map<ObjectKey, StorageException> delete(Collection<ObjectKey> keys) throws StorageException {
        return new GcsDeletion(client, bucket).delete(keys);
    }

    /** By a listing: whoever may use the objects of a bucket often may not ask for the bucket. */
    @Override
    public boolean containerExists() throws StorageException {
        try {
            client.objects()
                    .list(bucket)
                    .setMaxResults(1L)
                    .setFields("nextPageToken")
                    .execute();
            return true;
        } catch (IOException e) {
            if (GcsFailures.hasStatus(e, GcsFailures.NOT_FOUND)) {
                return false;
            }
            throw GcsFailures.classify("Cannot look for bucket " + bucket, e);
        }
    }

    @Override
    public void createContainer() throws StorageException {
        if (project == null) {
            throw new StorageException(
                    "Cannot create bucket " + bucket
                            + ": the credentials belong to no project; set GOOGLE_CLOUD_PROJECT to the one to use",
                    Reason.OTHER,
                    false,
                    null);
        }
        try {
            client.buckets().insert(project, new Bucket().setName(bucket)).execute();
        } catch (IOException e) {
            // Whose it is, the answer does not tell for sure; whether it can be used, a look at it does.
            if (!GcsFailures.hasStatus(e, GcsFailures.CONFLICT) || !containerExists()) {
                throw GcsFailures.classify("Cannot create bucket " + bucket, e);
            }
        }
    }

    /** The connections themselves are the JVM's, and go when they are idle. */
    @Override
    public void close() {
        connections.close();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.azure;

import com.azure.core.http.rest.PagedResponse;
import com.azure.core.util.BinaryData;
import com.azure.core.util.Context;
import com.azure.storage.blob.BlobAsyncClient;
import com.azure.storage.blob.BlobContainerAsyncClient;
import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.BlobContainerClientBuilder;
import com.azure.storage.blob.models.BlobDownloadAsyncResponse;
import com.azure.storage.blob.models.BlobDownloadHeaders;
import com.azure.storage.blob.models.BlobErrorCode;
import com.azure.storage.blob.models.BlobHttpHeaders;
import com.azure.storage.blob.models.BlobItem;
import com.azure.storage.blob.models.BlobProperties;
import com.azure.storage.blob.models.BlobRange;
import com.azure.storage.blob.models.BlobRequestConditions;
import com.azure.storage.blob.models.BlobStorageException;
import com.azure.storage.blob.models.BlockBlobItem;
import com.azure.storage.blob.models.DownloadRetryOptions;
import com.azure.storage.blob.models.ListBlobsOptions;
import com.azure.storage.blob.options.BlockBlobSimpleUploadOptions;
import com.azure.storage.blob.specialized.BlockBlobClient;
import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectInfo;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectPage;
import dev.barman.object.ObjectRanges;
import dev.barman.object.ObjectStore;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import dev.barman.storage.cloud.transfer.CheckedContent;
import dev.barman.storage.cloud.transfer.ContentHash;
import dev.barman.storage.cloud.transfer.DeletePool;
import dev.barman.storage.cloud.transfer.PartPool;
import dev.barman.storage.cloud.transfer.VerifiedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A container of Azure Blob Storage.
 *
 * <p>An object of up to {@link AzureSettings#maxSinglePutBytes} is stored with one request; a larger one in blocks, of which
 * {@link AzureSettings#parallelBlocks} are in memory and on their way at the same time. Every request carries the MD5 sum of its
 * content, which the store checks; the sum of the whole is kept with the object, and checked when it is read from beginning to end.
 * Create-only writes use {@code If-None-Match: *}. Tags are index tags of the blob. Keys with a backslash are refused. Thread-safe.
 */
public final class AzureObjectStore implements ObjectStore {
    static final String CONTENT_TYPE = "application/octet-stream";

    private static final int MAX_BLOCKS = 50_000;
    private static final int MAX_PAGE = 5000;

    private final String name;
    private final BlobContainerClient container;
    private final BlobContainerAsyncClient asynchronous;
    private final AzureSettings settings;
    private final PartPool pool;
    private final DeletePool deletions;

    private AzureObjectStore(String name, BlobContainerClientBuilder builder, AzureSettings settings) {
        this.name = name;
        this.container = builder.buildClient();
        this.asynchronous = builder.buildAsyncClient();
        this.settings = settings;
        this.pool = new PartPool("azure", settings.parallelBlocks(), settings.maxBlockBytes());
        this.deletions = new DeletePool("azure");
    }

    /**
     * Prepares the access to a container with the credentials of the process's environment; nothing is sent yet.
     *
     * @param endpoint the beginning of the URL up to the account: {@code https://<account>.blob.core.windows.net} or, for an
     *     emulator, {@code http://host:port/<account>}
     * @param container name of the container
     * @param settings how to reach it
     * @return the store
     * @throws StorageException when the settings or the environment cannot be used, for instance when there is no connection string
     *     for an emulator
     */
    public static AzureObjectStore open(String endpoint, String container, AzureSettings settings)
            throws StorageException {
        return open(endpoint, container, settings, System.getenv());
    }

    /**
     * As {@link #open(String, String, AzureSettings)} with another environment.
     *
     * @param endpoint the beginning of the URL up to the account
     * @param container name of the container
     * @param settings how to reach it
     * @param environment where the variables {@code AZURE_...} are looked up
     * @return the store
     * @throws StorageException when the settings or the environment cannot be used
     */
    public static AzureObjectStore open(
            String endpoint, String container, AzureSettings settings, Map<String, String> environment)
            throws StorageException {
        try {
            return new AzureObjectStore(
                    endpoint + "/" + container,
                    AzureClients.builder(endpoint, container, settings, environment),
                    settings);
        } catch (RuntimeException e) {
            throw new StorageException(
                    "Cannot use the Azure configuration: "
                            + AzureFailures.classify("", e).getMessage(),
                    StorageException.Reason.OTHER,
                    false,
                    e);
        }
    }

    private String describe(String verb, ObjectKey key) {
        return "Cannot " + verb + " " + name + "/" + key;
    }

    private BlockBlobClient blob(ObjectKey key) {
        return container.getBlobClient(key.value()).getBlockBlobClient();
    }

    /** Azure takes a backslash for a slash. */
    private void requireRepresentable(ObjectKey key) throws StorageException {
        if (key.value().indexOf('\\') >= 0) {
            throw new StorageException(
                    describe("store", key) + ": Azure has no keys with a backslash",
                    StorageException.Reason.OTHER,
                    false,
                    null);
        }
    }

    @Override
    public boolean put(ObjectKey key, ObjectContent content, PutOptions options) throws IOException {
        requireRepresentable(key);
        if (content.sizeBytes() > settings.maxSinglePutBytes()) {
            return putInBlocks(key, content, options);
        }
        byte[] md5 = ContentHash.md5Of(content);
        try (InputStream in = CheckedContent.open(content)) {
            BlockBlobSimpleUploadOptions upload = new BlockBlobSimpleUploadOptions(
                            BinaryData.fromStream(in, content.sizeBytes()))
                    .setContentMd5(md5)
                    .setHeaders(
                            new BlobHttpHeaders().setContentType(CONTENT_TYPE).setContentMd5(md5));
            if (options.createOnly()) {
                upload.setRequestConditions(new BlobRequestConditions().setIfNoneMatch("*"));
            }
            if (!options.tags().isEmpty()) {
                upload.setTags(options.tags());
            }
            BlockBlobItem item =
                    blob(key).uploadWithResponse(upload, null, Context.NONE).getValue();
            if (item.getContentMd5() != null && !Arrays.equals(item.getContentMd5(), md5)) {
                throw new StorageException(
                        describe("store", key) + ": the store has another checksum",
                        StorageException.Reason.OTHER,
                        true,
                        null);
            }
            return true;
        } catch (BlobStorageException e) {
            if (options.createOnly() && AzureFailures.isTaken(e)) {
                return false;
            }
            throw AzureFailures.classify(describe("store", key), e);
        } catch (RuntimeException e) {
            throw AzureFailures.sending(describe("store", key), e);
        }
    }

    private boolean putInBlocks(ObjectKey key, ObjectContent content, PutOptions options) throws IOException {
        // Spares sending gigabytes in vain; the condition of the last request is what counts.
        if (options.createOnly() && stat(key).isPresent()) {
            return false;
        }
        try (AzureUpload upload = startUpload(key, options)) {
            byte[] md5 = pool.sendAndSum(content, pool.partBytesFor(content.sizeBytes(), MAX_BLOCKS), upload);
            return upload.complete(md5);
        }
    }

    @Override
    public AzureUpload startUpload(ObjectKey key, PutOptions options) throws StorageException {
        requireRepresentable(key);
        return new AzureUpload(blob(key), describe("store", key), options);
    }

    @Override
    public InputStream open(ObjectKey key) throws StorageException {
        return download(key, null);
    }

    @Override
    public InputStream open(ObjectKey key, long offset, long length) throws StorageException {
        ObjectRanges.check(offset, length);
        try {
            return download(
                    key, offset > Long.MAX_VALUE - length ? new BlobRange(offset) : new BlobRange(offset, length));
        } catch (StorageException e) {
            if (e.getCause() instanceof BlobStorageException answer
                    && answer.getStatusCode() == AzureFailures.RANGE_NOT_SATISFIABLE) {
                return new ByteArrayInputStream(new byte[0]);
            }
            throw e;
        }
    }

    private InputStream download(ObjectKey key, @Nullable BlobRange range) throws StorageException {
        try {
            BlobAsyncClient blob = asynchronous.getBlobAsyncClient(key.value());
            BlobDownloadAsyncResponse answer = blob.downloadStreamWithResponse(
                            range, new DownloadRetryOptions().setMaxRetryRequests(0), null, false)
                    .block();
            if (answer == null) {
                throw new IllegalStateException("no answer at all");
            }
            BlobDownloadHeaders headers = answer.getDeserializedHeaders();
            BufferStream body = new BufferStream(answer.getValue().toStream(1));
            byte[] md5 = range == null ? headers.getContentMd5() : null;
            return new VerifiedInputStream(
                    describe("read", key),
                    body,
                    headers.getContentLength(),
                    md5 == null ? null : ContentHash.md5(md5),
                    body);
        } catch (RuntimeException e) {
            throw AzureFailures.reading(describe("read", key), key, e);
        }
    }

    @Override
    public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
        try {
            BlobProperties properties = blob(key).getProperties();
            return Optional.of(new ObjectInfo(key, properties.getBlobSize(), time(properties.getLastModified())));
        } catch (BlobStorageException e) {
            if (AzureFailures.isAbsentBlob(e)) {
                return Optional.empty();
            }
            throw AzureFailures.classify(describe("look for", key), e);
        } catch (RuntimeException e) {
            throw AzureFailures.classify(describe("look for", key), e);
        }
    }

    private static Instant time(@Nullable OffsetDateTime time) {
        return time == null ? Instant.EPOCH : time.toInstant();
    }

    @Override
    public ObjectPage list(String prefix, Optional<String> page, int maxObjects) throws StorageException {
        ObjectRanges.checkPage(maxObjects);
        ListBlobsOptions options =
                new ListBlobsOptions().setPrefix(prefix).setMaxResultsPerPage(Math.min(maxObjects, MAX_PAGE));
        try {
            PagedResponse<BlobItem> response = container
                    .listBlobs(options, page.orElse(null), null)
                    .iterableByPage()
                    .iterator()
                    .next();
            List<ObjectInfo> objects = new ArrayList<>();
            for (BlobItem item : response.getValue()) {
                // "Directories" that other tools make are no objects of ours.
                if (!item.getName().endsWith("/")) {
                    objects.add(new ObjectInfo(
                            ObjectKey.of(item.getName()),
                            item.getProperties().getContentLength(),
                            time(item.getProperties().getLastModified())));
                }
            }
            String next = response.getContinuationToken();
            return new ObjectPage(objects, next == null || next.isEmpty() ? Optional.empty() : Optional.of(next));
        } catch (RuntimeException e) {
            throw AzureFailures.classify("Cannot list " + name + "/" + prefix, e);
        }
    }

    @Override
    public List<String> listDirectories(String prefix) throws StorageException {
        try {
            List<String> directories = new ArrayList<>();
            for (BlobItem item : container.listBlobsByHierarchy("/", new ListBlobsOptions().setPrefix(prefix), null)) {
                if (Boolean.TRUE.equals(item.isPrefix())) {
                    directories.add(item.getName());
                }
            }
            directories.sort(ObjectKey::compareUtf8);
            return directories;
        } catch (RuntimeException e) {
            throw AzureFailures.classify("Cannot list " + name + "/" + prefix, e);
        }
    }

    @Override
    public Map<ObjectKey, StorageException> delete(Collection<ObjectKey> keys) throws StorageException {
        return deletions.delete(keys, this::deleteOne);
    }

    private void deleteOne(ObjectKey key) throws StorageException {
        try {
            blob(key).delete();
        } catch (BlobStorageException e) {
            if (!AzureFailures.isAbsentBlob(e)) {
                throw AzureFailures.classify(describe("delete", key), e);
            }
        } catch (RuntimeException e) {
            throw AzureFailures.classify(describe("delete", key), e);
        }
    }

    @Override
    public boolean containerExists() throws StorageException {
        try {
            container.getProperties();
            return true;
        } catch (BlobStorageException e) {
            if (e.getStatusCode() == AzureFailures.NOT_FOUND) {
                return false;
            }
            throw AzureFailures.classify("Cannot look for container " + name, e);
        } catch (RuntimeException e) {
            throw AzureFailures.classify("Cannot look for container " + name, e);
        }
    }

    @Override
    public void createContainer() throws StorageException {
        try {
            container.create();
        } catch (BlobStorageException e) {
            if (!BlobErrorCode.CONTAINER_ALREADY_EXISTS.equals(e.getErrorCode())) {
                throw AzureFailures.classify("Cannot create container " + name, e);
            }
        } catch (RuntimeException e) {
            throw AzureFailures.classify("Cannot create container " + name, e);
        }
    }

    /** The SDK's transport has no end of its own; it goes with its last user. */
    @Override
    public void close() {
        pool.close();
        deletions.close();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.s3;

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
import dev.barman.object.UnfinishedUpload;
import dev.barman.storage.cloud.transfer.CheckedContent;
import dev.barman.storage.cloud.transfer.ContentHash;
import dev.barman.storage.cloud.transfer.VerifiedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.BucketCannedACL;
import software.amazon.awssdk.services.s3.model.CreateBucketRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectsResponse;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.ObjectLockLegalHoldStatus;
import software.amazon.awssdk.services.s3.model.S3Error;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * A bucket of Amazon S3, or of a store that speaks its protocol.
 *
 * <p>An object of less than 100 MiB is stored with one request; a larger one in parts of at least 8 MiB, several at a time
 * ({@link S3Settings#parallelParts}, each with a part in memory: 32 MiB by default for the whole store), and the parts are
 * removed when that fails. Create-only writes use {@code If-None-Match: *}; a store
 * that does not know it (answer 501) is asked for the object first, which is not atomic. Thread-safe.
 */
public final class S3ObjectStore implements ObjectStore {
    private static final int DELETE_BATCH = 1000;
    private static final int MD5_HEX_LENGTH = 32;

    private final String bucket;
    private final S3Client client;
    private final S3Uploads uploads;
    private final S3UnfinishedUploads unfinished;

    private S3ObjectStore(String bucket, S3Client client, S3Settings settings, long threshold) {
        this.bucket = bucket;
        this.client = client;
        this.unfinished = new S3UnfinishedUploads(client, bucket);
        this.uploads = new S3Uploads(client, bucket, settings, threshold);
    }

    /**
     * Prepares the access to a bucket; nothing is sent yet.
     *
     * @param bucket name of the bucket
     * @param settings how to reach it
     * @return the store
     * @throws StorageException when the profile does not exist or the AWS configuration cannot be read
     */
    public static S3ObjectStore open(String bucket, S3Settings settings) throws StorageException {
        return open(bucket, settings, S3Uploads.MULTIPART_THRESHOLD);
    }

    static S3ObjectStore open(String bucket, S3Settings settings, long threshold) throws StorageException {
        try {
            return new S3ObjectStore(bucket, S3Clients.open(settings), settings, threshold);
        } catch (SdkException | IllegalArgumentException e) {
            throw new StorageException(
                    "Cannot use the AWS configuration: " + e.getMessage(), StorageException.Reason.OTHER, false, e);
        }
    }

    private String describe(String verb, ObjectKey key) {
        return "Cannot " + verb + " s3://" + bucket + "/" + key;
    }

    @Override
    public boolean put(ObjectKey key, ObjectContent content, PutOptions options) throws IOException {
        try {
            return uploads.put(key, content, options);
        } catch (S3Exception e) {
            if (options.createOnly() && e.statusCode() == S3Failures.NOT_IMPLEMENTED) {
                return putAfterLooking(key, content, options);
            }
            throw S3Failures.classify(describe("store", key), e);
        } catch (SdkException e) {
            IOException source = CheckedContent.failureIn(e);
            if (source != null) {
                throw source;
            }
            throw S3Failures.classify(describe("store", key), e);
        }
    }

    @Override
    public ObjectUpload startUpload(ObjectKey key, PutOptions options) throws StorageException {
        try {
            return uploads.start(key, options);
        } catch (SdkException e) {
            throw S3Failures.classify(describe("store", key), e);
        }
    }

    private boolean putAfterLooking(ObjectKey key, ObjectContent content, PutOptions options) throws IOException {
        if (stat(key).isPresent()) {
            return false;
        }
        return put(key, content, new PutOptions(false, options.tags()));
    }

    @Override
    public InputStream open(ObjectKey key) throws StorageException {
        try {
            return verified(key, client.getObject(r -> r.bucket(bucket).key(key.value())), true);
        } catch (SdkException e) {
            throw readFailure(key, e);
        }
    }

    @Override
    public InputStream open(ObjectKey key, long offset, long length) throws StorageException {
        ObjectRanges.check(offset, length);
        long last = offset > Long.MAX_VALUE - length ? Long.MAX_VALUE : offset + length - 1;
        try {
            return verified(
                    key,
                    client.getObject(r -> r.bucket(bucket).key(key.value()).range("bytes=" + offset + "-" + last)),
                    false);
        } catch (S3Exception e) {
            if (e.statusCode() == S3Failures.RANGE_NOT_SATISFIABLE) {
                return new ByteArrayInputStream(new byte[0]);
            }
            throw readFailure(key, e);
        } catch (SdkException e) {
            throw readFailure(key, e);
        }
    }

    private InputStream verified(ObjectKey key, ResponseInputStream<GetObjectResponse> body, boolean whole) {
        GetObjectResponse answer = body.response();
        Long length = answer.contentLength();
        if (length == null) {
            // Chunked, which has its own end mark.
            return body;
        }
        byte[] md5 = whole ? md5(answer) : null;
        return new VerifiedInputStream(
                describe("read", key), body, length, md5 == null ? null : ContentHash.md5(md5), body::abort);
    }

    /**
     * The MD5 sum of an object that was stored with one request, which is its ETag unless a key of the customer's encrypts it.
     * Amazon's older libraries relied on this for every store.
     */
    private static byte @Nullable [] md5(GetObjectResponse answer) {
        String etag = answer.eTag();
        if (etag == null
                || answer.sseCustomerAlgorithm() != null
                || (answer.serverSideEncryptionAsString() != null
                        && !"AES256".equals(answer.serverSideEncryptionAsString()))) {
            return null;
        }
        String hex = etag.startsWith("\"") && etag.endsWith("\"") && etag.length() > 1
                ? etag.substring(1, etag.length() - 1)
                : etag;
        if (hex.length() != MD5_HEX_LENGTH) {
            return null;
        }
        try {
            return HexFormat.of().parseHex(hex);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private StorageException readFailure(ObjectKey key, SdkException e) {
        return e instanceof S3Exception answer && isAbsentObject(answer)
                ? new ObjectNotFoundException(key, e)
                : S3Failures.classify(describe("read", key), e);
    }

    private static boolean isAbsentObject(S3Exception e) {
        return e.statusCode() == S3Failures.NOT_FOUND && !"NoSuchBucket".equals(S3Failures.errorCode(e));
    }

    @Override
    public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
        try {
            HeadObjectResponse head = client.headObject(r -> r.bucket(bucket).key(key.value()));
            return Optional.of(new ObjectInfo(key, head.contentLength(), time(head.lastModified())));
        } catch (S3Exception e) {
            if (isAbsentObject(e)) {
                return Optional.empty();
            }
            throw S3Failures.classify(describe("look for", key), e);
        } catch (SdkException e) {
            throw S3Failures.classify(describe("look for", key), e);
        }
    }

    private static Instant time(@Nullable Instant time) {
        return time == null ? Instant.EPOCH : time;
    }

    @Override
    public ObjectPage list(String prefix, Optional<String> page, int maxObjects) throws StorageException {
        ObjectRanges.checkPage(maxObjects);
        ListObjectsV2Request.Builder request =
                ListObjectsV2Request.builder().bucket(bucket).prefix(prefix).maxKeys(maxObjects);
        page.ifPresent(request::continuationToken);
        ListObjectsV2Response response;
        try {
            response = client.listObjectsV2(request.build());
        } catch (SdkException e) {
            throw S3Failures.classify("Cannot list s3://" + bucket + "/" + prefix, e);
        }
        List<ObjectInfo> objects = new ArrayList<>();
        for (S3Object object : response.contents()) {
            // "Directories" that other tools make are no objects of ours.
            if (!object.key().endsWith("/")) {
                objects.add(new ObjectInfo(ObjectKey.of(object.key()), object.size(), time(object.lastModified())));
            }
        }
        return new ObjectPage(
                objects,
                Boolean.TRUE.equals(response.isTruncated())
                        ? Optional.ofNullable(response.nextContinuationToken())
                        : Optional.empty());
    }

    @Override
    public List<String> listDirectories(String prefix) throws StorageException {
        List<String> directories = new ArrayList<>();
        String next = null;
        do {
            String token = next;
            ListObjectsV2Response response;
            try {
                response = client.listObjectsV2(
                        r -> r.bucket(bucket).prefix(prefix).delimiter("/").continuationToken(token));
            } catch (SdkException e) {
                throw S3Failures.classify("Cannot list s3://" + bucket + "/" + prefix, e);
            }
            response.commonPrefixes().forEach(p -> directories.add(p.prefix()));
            next = Boolean.TRUE.equals(response.isTruncated()) ? response.nextContinuationToken() : null;
        } while (next != null);
        directories.sort(ObjectKey::compareUtf8);
        return directories;
    }

    @Override
    public Map<ObjectKey, StorageException> delete(Collection<ObjectKey> keys) throws StorageException {
        Map<ObjectKey, StorageException> failures = new LinkedHashMap<>();
        List<ObjectKey> all = new ArrayList<>(keys);
        for (int start = 0; start < all.size(); start += DELETE_BATCH) {
            deleteBatch(all.subList(start, Math.min(all.size(), start + DELETE_BATCH)), failures);
        }
        if (!failures.isEmpty() && failures.size() == all.size()) {
            StorageException first = failures.values().iterator().next();
            if (first.reason() == StorageException.Reason.UNREACHABLE) {
                throw first;
            }
        }
        return failures;
    }

    private void deleteBatch(List<ObjectKey> batch, Map<ObjectKey, StorageException> failures) {
        List<ObjectIdentifier> identifiers = new ArrayList<>();
        for (ObjectKey key : batch) {
            identifiers.add(ObjectIdentifier.builder().key(key.value()).build());
        }
        DeleteObjectsResponse response;
        try {
            response = client.deleteObjects(
                    r -> r.bucket(bucket).delete(d -> d.objects(identifiers).quiet(true)));
        } catch (SdkException e) {
            if (e instanceof S3Exception answer && refusesBatches(answer)) {
                deleteOneByOne(batch, failures);
                return;
            }
            for (ObjectKey key : batch) {
                failures.put(key, S3Failures.classify(describe("delete", key), e));
            }
            return;
        }
        for (S3Error error : response.errors()) {
            if (!"NoSuchKey".equals(error.code())) {
                ObjectKey key = ObjectKey.of(error.key());
                boolean busy = "InternalError".equals(error.code()) || "SlowDown".equals(error.code());
                failures.put(
                        key,
                        new StorageException(
                                describe("delete", key) + ": " + error.code() + ": " + error.message(),
                                "AccessDenied".equals(error.code())
                                        ? StorageException.Reason.DENIED
                                        : StorageException.Reason.OTHER,
                                busy,
                                null));
            }
        }
    }

    /** Stores that want a Content-MD5, which the SDK no longer sends, and those without batches. */
    private static boolean refusesBatches(S3Exception e) {
        String message = e.getMessage();
        return "MissingContentMD5".equals(S3Failures.errorCode(e))
                || e.statusCode() == S3Failures.NOT_IMPLEMENTED
                || (message != null && message.toLowerCase(Locale.ROOT).contains("content-md5"));
    }

    private void deleteOneByOne(List<ObjectKey> batch, Map<ObjectKey, StorageException> failures) {
        for (ObjectKey key : batch) {
            try {
                client.deleteObject(r -> r.bucket(bucket).key(key.value()));
            } catch (SdkException e) {
                if (!(e instanceof S3Exception answer && isAbsentObject(answer))) {
                    failures.put(key, S3Failures.classify(describe("delete", key), e));
                }
            }
        }
    }

    /** Without the permissions to read them, S3 leaves locks out of its answer. */
    @Override
    public Optional<String> lock(ObjectKey key) throws StorageException {
        HeadObjectResponse head;
        try {
            head = client.headObject(r -> r.bucket(bucket).key(key.value()));
        } catch (S3Exception e) {
            if (isAbsentObject(e)) {
                return Optional.empty();
            }
            throw S3Failures.classify(describe("look for a lock of", key), e);
        } catch (SdkException e) {
            throw S3Failures.classify(describe("look for a lock of", key), e);
        }
        if (head.objectLockLegalHoldStatus() == ObjectLockLegalHoldStatus.ON) {
            return Optional.of("a legal hold");
        }
        Instant until = head.objectLockRetainUntilDate();
        return until != null && until.isAfter(Instant.now())
                ? Optional.of("a retention until " + until)
                : Optional.empty();
    }

    @Override
    public List<UnfinishedUpload> unfinishedUploads(String prefix) throws StorageException {
        return unfinished.list(prefix);
    }

    @Override
    public Optional<Instant> lastSent(UnfinishedUpload upload) throws StorageException {
        return unfinished.lastSent(upload);
    }

    @Override
    public void giveUp(UnfinishedUpload upload) throws StorageException {
        unfinished.giveUp(upload);
    }

    @Override
    public boolean containerExists() throws StorageException {
        try {
            client.headBucket(r -> r.bucket(bucket));
            return true;
        } catch (S3Exception e) {
            if (e.statusCode() == S3Failures.NOT_FOUND) {
                return false;
            }
            throw S3Failures.classify("Cannot look for bucket " + bucket, e);
        } catch (SdkException e) {
            throw S3Failures.classify("Cannot look for bucket " + bucket, e);
        }
    }

    @Override
    public void createContainer() throws StorageException {
        if (containerExists()) {
            return;
        }
        CreateBucketRequest.Builder request =
                CreateBucketRequest.builder().bucket(bucket).acl(BucketCannedACL.PRIVATE);
        Region region = client.serviceClientConfiguration().region();
        if (!Region.US_EAST_1.equals(region)) {
            request.createBucketConfiguration(c -> c.locationConstraint(region.id()));
        }
        try {
            client.createBucket(request.build());
        } catch (S3Exception e) {
            if (!"BucketAlreadyOwnedByYou".equals(S3Failures.errorCode(e))) {
                throw S3Failures.classify("Cannot create bucket " + bucket, e);
            }
        } catch (SdkException e) {
            throw S3Failures.classify("Cannot create bucket " + bucket, e);
        }
    }

    @Override
    public void close() {
        uploads.close();
        client.close();
    }
}

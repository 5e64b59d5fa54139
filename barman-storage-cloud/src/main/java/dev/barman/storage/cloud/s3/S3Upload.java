// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.s3;

import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectRanges;
import dev.barman.object.ObjectUpload;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import dev.barman.object.StorageException.Reason;
import dev.barman.storage.cloud.transfer.ContentHash;
import dev.barman.storage.cloud.transfer.UploadMark;
import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

/** A multipart upload. Thread-safe. */
final class S3Upload implements ObjectUpload {
    private static final Logger logger = LoggerFactory.getLogger(S3Upload.class);

    private final S3Client client;
    private final String bucket;
    private final ObjectKey key;
    private final String id;
    private final UploadMark mark;
    private final PutOptions options;
    /** For an upload that has CRC32C checksums, which the list of its parts must have then; null for one without. */
    private final @Nullable PartChecksums crc32c;

    private final NavigableMap<Integer, Part> parts = new ConcurrentSkipListMap<>();
    /** Whether the answer to a completion may have got lost. */
    private volatile boolean doubtful;

    private final AtomicBoolean ended = new AtomicBoolean();

    /** What the store has of a part. */
    private record Part(String etag, int length, @Nullable String crc32c) {}

    S3Upload(
            S3Client client,
            String bucket,
            ObjectKey key,
            String id,
            UploadMark mark,
            PutOptions options,
            @Nullable PartChecksums crc32c) {
        this.client = client;
        this.bucket = bucket;
        this.key = key;
        this.id = id;
        this.mark = mark;
        this.options = options;
        this.crc32c = crc32c;
    }

    private String describe(String what) {
        return "Cannot store " + what + "s3://" + bucket + "/" + key;
    }

    @Override
    public void part(int number, byte[] bytes, int offset, int length) throws StorageException {
        ObjectRanges.checkPart(number);
        String sum = crc32c == null ? null : base64(ContentHash.crc32cOf(bytes, offset, length));
        try {
            UploadPartResponse answer = null;
            if (crc32c != null && crc32c.areCrc32c()) {
                answer = send(number, bytes, offset, length, sum, null);
                if (answer.checksumCRC32C() == null) {
                    crc32c.fallBack("the store does not return the checksums of parts");
                }
            }
            if (answer == null || answer.checksumCRC32C() == null) {
                answer = send(number, bytes, offset, length, sum, base64(ContentHash.md5Of(bytes, offset, length)));
            }
            String received = answer.checksumCRC32C();
            // Some stores tell it although nobody has asked.
            if (sum != null && received != null && !received.equals(sum)) {
                throw new StorageException(
                        describe("part " + number + " of ") + ": it arrived changed, with the CRC32C checksum "
                                + received + " instead of " + sum,
                        Reason.OTHER,
                        true,
                        null);
            }
            parts.put(number, new Part(answer.eTag(), length, sum));
        } catch (SdkException e) {
            throw S3Failures.classify(describe("part " + number + " of "), e);
        }
    }

    private UploadPartResponse send(
            int number, byte[] bytes, int offset, int length, @Nullable String sum, @Nullable String md5) {
        return client.uploadPart(
                r -> r.bucket(bucket)
                        .key(key.value())
                        .uploadId(id)
                        .partNumber(number)
                        .checksumCRC32C(sum)
                        .contentMD5(md5),
                RequestBody.fromInputStream(new ByteArrayInputStream(bytes, offset, length), length));
    }

    private static String base64(byte[] sum) {
        return Base64.getEncoder().encodeToString(sum);
    }

    @Override
    public boolean complete() throws StorageException {
        ObjectRanges.checkParts(parts.size(), parts.isEmpty() ? 0 : parts.lastKey());
        try {
            sendList(options.createOnly());
            return true;
        } catch (S3Exception e) {
            boolean taken = options.createOnly() && e.statusCode() == S3Failures.PRECONDITION_FAILED;
            if (doubtful && (taken || S3Failures.isUnknownUpload(e)) && wasStored()) {
                ended.set(true);
                return true;
            }
            if (taken) {
                return false;
            }
            if (options.createOnly() && e.statusCode() == S3Failures.NOT_IMPLEMENTED) {
                return completeAfterLooking();
            }
            throw S3Failures.classify(describe(""), e);
        } catch (SdkException e) {
            throw S3Failures.classify(describe(""), e);
        }
    }

    /** The request that makes the object. A failure that does not say that nothing has happened leaves a doubt. */
    private void sendList(boolean createOnly) {
        List<CompletedPart> list = new ArrayList<>();
        parts.forEach((number, part) -> list.add(CompletedPart.builder()
                .partNumber(number)
                .eTag(part.etag)
                .checksumCRC32C(part.crc32c)
                .build()));
        CompleteMultipartUploadRequest.Builder request = CompleteMultipartUploadRequest.builder()
                .bucket(bucket)
                .key(key.value())
                .uploadId(id)
                .multipartUpload(m -> m.parts(list));
        if (createOnly) {
            request.ifNoneMatch("*");
        }
        try {
            client.completeMultipartUpload(request.build());
            ended.set(true);
        } catch (S3Exception e) {
            doubtful |= S3Failures.leavesDoubt(e);
            throw e;
        } catch (SdkException e) {
            doubtful = true;
            throw e;
        }
    }

    private boolean completeAfterLooking() throws StorageException {
        try {
            if (head() != null) {
                boolean ours = doubtful && wasStored();
                ended.compareAndSet(false, ours);
                return ours;
            }
            sendList(false);
            return true;
        } catch (SdkException e) {
            throw S3Failures.classify(describe(""), e);
        }
    }

    private @Nullable HeadObjectResponse head() {
        try {
            return client.headObject(r -> r.bucket(bucket).key(key.value()));
        } catch (S3Exception e) {
            if (e.statusCode() == S3Failures.NOT_FOUND) {
                return null;
            }
            throw e;
        }
    }

    /** By mark and size: a sum of the whole the store has not under all kinds of encryption, and each part was proven by its own. */
    @Override
    public boolean wasStored() throws StorageException {
        try {
            HeadObjectResponse head = head();
            long size = parts.values().stream().mapToLong(Part::length).sum();
            return head != null && head.contentLength() == size && mark.isIn(head.metadata(), UploadMark.S3_NAME);
        } catch (SdkException e) {
            throw S3Failures.classify("Cannot look for s3://" + bucket + "/" + key, e);
        }
    }

    /** Parts of an upload that is not completed are invisible, and paid for. */
    @Override
    public void close() {
        if (ended.getAndSet(true)) {
            return;
        }
        try {
            client.abortMultipartUpload(r -> r.bucket(bucket).key(key.value()).uploadId(id));
        } catch (SdkException e) {
            if (!(e instanceof S3Exception answer && answer.statusCode() == S3Failures.NOT_FOUND)) {
                logger.warn(
                        "The parts of an unfinished upload of s3://{}/{} could not be removed: {}",
                        bucket,
                        key,
                        e.getMessage());
            }
        }
    }
}

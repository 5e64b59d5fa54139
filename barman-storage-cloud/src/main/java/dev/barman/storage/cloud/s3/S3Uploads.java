// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.s3;

import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectUpload;
import dev.barman.object.PutOptions;
import dev.barman.storage.cloud.transfer.CheckedContent;
import dev.barman.storage.cloud.transfer.ContentHash;
import dev.barman.storage.cloud.transfer.PartPool;
import dev.barman.storage.cloud.transfer.UploadMark;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.Tag;
import software.amazon.awssdk.services.s3.model.Tagging;

/**
 * Stores objects, with one request or in parts. Thread-safe.
 *
 * <p>Every request carries a checksum of its content, which its signature covers, and a store that received something else refuses it. This is MD5, which
 * every store knows; of parts CRC32C, at a tenth of the price, where {@link PartChecksums} allows it and the store says, when an upload begins, that it knows
 * it. Such a store returns the checksum of each part, too.
 */
final class S3Uploads {
    private static final int MIB = 1024 * 1024;
    /** From this size on in parts, as in the original. */
    static final long MULTIPART_THRESHOLD = 100L * MIB;

    private static final int PART_BYTES = 8 * MIB;
    private static final int MAX_PARTS = 10_000;
    private static final String CONTENT_TYPE = "application/octet-stream";

    private final S3Client client;
    private final String bucket;
    private final S3Settings settings;
    private final long threshold;
    private final PartPool pool;
    private final PartChecksums checksums;

    S3Uploads(S3Client client, String bucket, S3Settings settings, long threshold) {
        this.client = client;
        this.bucket = bucket;
        this.settings = settings;
        this.threshold = threshold;
        this.pool = new PartPool("s3", settings.parallelParts(), PART_BYTES);
        this.checksums = new PartChecksums(settings, bucket);
    }

    /** Returns false when the object is there already and was to be created only. */
    boolean put(ObjectKey key, ObjectContent content, PutOptions options) throws IOException {
        try {
            if (content.sizeBytes() >= threshold) {
                return putInParts(key, content, options);
            }
            putWhole(key, content, options);
            return true;
        } catch (S3Exception e) {
            if (options.createOnly() && e.statusCode() == S3Failures.PRECONDITION_FAILED) {
                return false;
            }
            throw e;
        }
    }

    private void putWhole(ObjectKey key, ObjectContent content, PutOptions options) throws IOException {
        PutObjectRequest.Builder request = PutObjectRequest.builder()
                .bucket(bucket)
                .key(key.value())
                .serverSideEncryption(settings.encryption())
                .ssekmsKeyId(settings.kmsKeyId());
        if (options.createOnly()) {
            request.ifNoneMatch("*");
        }
        if (!options.tags().isEmpty()) {
            request.tagging(tagging(options.tags()));
        }
        request.contentMD5(Base64.getEncoder().encodeToString(ContentHash.md5Of(content)));
        RequestBody body = RequestBody.fromContentProvider(
                () -> {
                    try {
                        return CheckedContent.open(content);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                content.sizeBytes(),
                CONTENT_TYPE);
        try {
            client.putObject(request.build(), body);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private boolean putInParts(ObjectKey key, ObjectContent content, PutOptions options) throws IOException {
        // Spares sending gigabytes in vain; the condition of the last request is what counts.
        if (options.createOnly() && exists(key)) {
            return false;
        }
        try (ObjectUpload upload = start(key, options)) {
            pool.send(content, pool.partBytesFor(content.sizeBytes(), MAX_PARTS), upload);
            return upload.complete();
        }
    }

    private boolean exists(ObjectKey key) {
        try {
            client.headObject(r -> r.bucket(bucket).key(key.value()));
            return true;
        } catch (S3Exception e) {
            if (e.statusCode() == S3Failures.NOT_FOUND) {
                return false;
            }
            throw e;
        }
    }

    S3Upload start(ObjectKey key, PutOptions options) {
        UploadMark mark = UploadMark.next();
        CreateMultipartUploadRequest.Builder request = CreateMultipartUploadRequest.builder()
                .bucket(bucket)
                .key(key.value())
                .contentType(CONTENT_TYPE)
                .metadata(Map.of(UploadMark.S3_NAME, mark.value()))
                .serverSideEncryption(settings.encryption())
                .ssekmsKeyId(settings.kmsKeyId());
        if (!options.tags().isEmpty()) {
            request.tagging(tagging(options.tags()));
        }
        CreateMultipartUploadResponse upload = createUpload(request);
        PartChecksums crc32c = upload.checksumAlgorithm() == ChecksumAlgorithm.CRC32_C ? checksums : null;
        return new S3Upload(client, bucket, key, upload.uploadId(), mark, options, crc32c);
    }

    private CreateMultipartUploadResponse createUpload(CreateMultipartUploadRequest.Builder request) {
        if (!checksums.areCrc32c()) {
            return client.createMultipartUpload(request.build());
        }
        try {
            return client.createMultipartUpload(
                    request.checksumAlgorithm(ChecksumAlgorithm.CRC32_C).build());
        } catch (S3Exception e) {
            if (!S3Failures.mayRefuseHeader(e)) {
                throw e;
            }
            // If it was for something else, this fails as well.
            CreateMultipartUploadResponse upload = client.createMultipartUpload(
                    request.checksumAlgorithm((ChecksumAlgorithm) null).build());
            checksums.fallBack("the store answered " + e.statusCode() + " " + S3Failures.errorCode(e));
            return upload;
        }
    }

    void close() {
        pool.close();
    }

    private static Tagging tagging(Map<String, String> tags) {
        List<Tag> set = new ArrayList<>();
        for (Map.Entry<String, String> tag : tags.entrySet()) {
            set.add(Tag.builder().key(tag.getKey()).value(tag.getValue()).build());
        }
        return Tagging.builder().tagSet(set).build();
    }
}

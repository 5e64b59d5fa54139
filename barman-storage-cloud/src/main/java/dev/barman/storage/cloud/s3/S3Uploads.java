// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.s3;

import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectKey;
import dev.barman.object.PutOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.Tag;
import software.amazon.awssdk.services.s3.model.Tagging;

/** Stores objects, with one request or in parts. Thread-safe. */
final class S3Uploads {
    private static final Logger logger = LoggerFactory.getLogger(S3Uploads.class);

    private static final long MIB = 1024 * 1024;
    /** From this size on in parts, as in the original. */
    private static final long MULTIPART_THRESHOLD = 100 * MIB;

    private static final long PART_BYTES = 8 * MIB;
    private static final int MAX_PARTS = 10_000;
    private static final String CONTENT_TYPE = "application/octet-stream";

    private final S3Client client;
    private final String bucket;
    private final S3Settings settings;

    S3Uploads(S3Client client, String bucket, S3Settings settings) {
        this.client = client;
        this.bucket = bucket;
        this.settings = settings;
    }

    /** Returns false when the object is there already and was to be created only. */
    boolean put(ObjectKey key, ObjectContent content, PutOptions options) throws IOException {
        try {
            if (content.sizeBytes() < MULTIPART_THRESHOLD) {
                putWhole(key, content, options);
            } else {
                putInParts(key, content, options);
            }
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
        if (content.sizeBytes() == 0) {
            // The SDK reads nothing of an empty content, so that a wrong announcement would pass.
            try (InputStream in = CheckedContent.open(content)) {
                if (in.read() >= 0) {
                    throw new IOException("the content has bytes where none were announced");
                }
            }
        }
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

    private void putInParts(ObjectKey key, ObjectContent content, PutOptions options) throws IOException {
        long size = content.sizeBytes();
        int partBytes =
                (int) Math.min(Integer.MAX_VALUE - 16, Math.max(PART_BYTES, (size + MAX_PARTS - 1) / MAX_PARTS));
        CreateMultipartUploadRequest.Builder request = CreateMultipartUploadRequest.builder()
                .bucket(bucket)
                .key(key.value())
                .contentType(CONTENT_TYPE)
                .serverSideEncryption(settings.encryption())
                .ssekmsKeyId(settings.kmsKeyId());
        if (!options.tags().isEmpty()) {
            request.tagging(tagging(options.tags()));
        }
        String upload = client.createMultipartUpload(request.build()).uploadId();
        boolean complete = false;
        try (InputStream in = CheckedContent.open(content)) {
            List<CompletedPart> parts = new ArrayList<>();
            byte[] buffer = new byte[partBytes];
            long sent = 0;
            while (sent < size) {
                int length = in.readNBytes(buffer, 0, (int) Math.min(partBytes, size - sent));
                int number = parts.size() + 1;
                String etag = client.uploadPart(
                                r -> r.bucket(bucket)
                                        .key(key.value())
                                        .uploadId(upload)
                                        .partNumber(number),
                                RequestBody.fromInputStream(new ByteArrayInputStream(buffer, 0, length), length))
                        .eTag();
                parts.add(CompletedPart.builder().partNumber(number).eTag(etag).build());
                sent += length;
            }
            CompleteMultipartUploadRequest.Builder completion = CompleteMultipartUploadRequest.builder()
                    .bucket(bucket)
                    .key(key.value())
                    .uploadId(upload)
                    .multipartUpload(m -> m.parts(parts));
            if (options.createOnly()) {
                completion.ifNoneMatch("*");
            }
            client.completeMultipartUpload(completion.build());
            complete = true;
        } finally {
            if (!complete) {
                abort(key, upload);
            }
        }
    }

    /** Parts of an upload that is not completed are invisible, and paid for. */
    private void abort(ObjectKey key, String upload) {
        try {
            client.abortMultipartUpload(r -> r.bucket(bucket).key(key.value()).uploadId(upload));
        } catch (SdkException e) {
            logger.warn(
                    "The parts of an unfinished upload of s3://{}/{} could not be removed: {}",
                    bucket,
                    key,
                    e.getMessage());
        }
    }

    private static Tagging tagging(Map<String, String> tags) {
        List<Tag> set = new ArrayList<>();
        for (Map.Entry<String, String> tag : tags.entrySet()) {
            set.add(Tag.builder().key(tag.getKey()).value(tag.getValue()).build());
        }
        return Tagging.builder().tagSet(set).build();
    }
}

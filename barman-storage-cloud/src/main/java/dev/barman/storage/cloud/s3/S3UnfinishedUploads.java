// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.s3;

import dev.barman.object.ObjectKey;
import dev.barman.object.StorageException;
import dev.barman.object.UnfinishedUpload;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsResponse;
import software.amazon.awssdk.services.s3.model.ListPartsResponse;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.Part;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** The multipart uploads that other processes have begun, and not ended. Thread-safe. */
final class S3UnfinishedUploads {
    private final S3Client client;
    private final String bucket;

    S3UnfinishedUploads(S3Client client, String bucket) {
        this.client = client;
        this.bucket = bucket;
    }

    List<UnfinishedUpload> list(String prefix) throws StorageException {
        List<UnfinishedUpload> uploads = new ArrayList<>();
        String nextKey = null;
        String nextId = null;
        boolean more = true;
        try {
            while (more) {
                String keyMarker = nextKey;
                String idMarker = nextId;
                ListMultipartUploadsResponse page = client.listMultipartUploads(r ->
                        r.bucket(bucket).prefix(prefix).keyMarker(keyMarker).uploadIdMarker(idMarker));
                for (MultipartUpload upload : page.uploads()) {
                    // What does not tell its age, or ignores the prefix, is not ours to judge.
                    Optional<ObjectKey> key = key(upload.key());
                    if (upload.initiated() != null
                            && key.isPresent()
                            && upload.key().startsWith(prefix)) {
                        uploads.add(new UnfinishedUpload(key.get(), upload.uploadId(), upload.initiated()));
                    }
                }
                nextKey = page.nextKeyMarker();
                nextId = page.nextUploadIdMarker();
                more = Boolean.TRUE.equals(page.isTruncated());
                if (more && nextKey == null) {
                    // Uploads of a backup at work may be among those not shown.
                    throw new StorageException(
                            "The store does not list all unfinished uploads of s3://" + bucket + "/" + prefix,
                            StorageException.Reason.OTHER,
                            false,
                            null);
                }
            }
            return uploads;
        } catch (SdkException e) {
            throw S3Failures.classify("Cannot list the unfinished uploads of s3://" + bucket + "/" + prefix, e);
        }
    }

    /** When something was sent last; empty when the store does not tell, or there is no such upload any more. */
    Optional<Instant> lastSent(UnfinishedUpload upload) throws StorageException {
        Instant last = upload.begun();
        Integer next = null;
        boolean more = true;
        try {
            while (more) {
                Integer marker = next;
                ListPartsResponse page = client.listParts(r -> r.bucket(bucket)
                        .key(upload.key().value())
                        .uploadId(upload.id())
                        .partNumberMarker(marker));
                for (Part part : page.parts()) {
                    if (part.lastModified() == null) {
                        return Optional.empty();
                    }
                    last = later(last, part.lastModified());
                }
                next = page.nextPartNumberMarker();
                more = Boolean.TRUE.equals(page.isTruncated());
                if (more && next == null) {
                    return Optional.empty();
                }
            }
            return Optional.of(last);
        } catch (SdkException e) {
            if (e instanceof S3Exception answer && S3Failures.isUnknownUpload(answer)) {
                return Optional.empty();
            }
            throw S3Failures.classify("Cannot look at the unfinished upload of s3://" + bucket + "/" + upload.key(), e);
        }
    }

    /** Empty for a key that no object of ours can have. */
    private static Optional<ObjectKey> key(String text) {
        try {
            return Optional.of(ObjectKey.of(text));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static Instant later(Instant one, Instant other) {
        return other.isAfter(one) ? other : one;
    }

    void giveUp(UnfinishedUpload upload) throws StorageException {
        try {
            client.abortMultipartUpload(
                    r -> r.bucket(bucket).key(upload.key().value()).uploadId(upload.id()));
        } catch (SdkException e) {
            if (!(e instanceof S3Exception answer && S3Failures.isUnknownUpload(answer))) {
                throw S3Failures.classify(
                        "Cannot give up the unfinished upload of s3://" + bucket + "/" + upload.key(), e);
            }
        }
    }
}

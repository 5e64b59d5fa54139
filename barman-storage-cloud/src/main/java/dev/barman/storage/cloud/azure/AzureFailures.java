// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.azure;

import com.azure.core.exception.ClientAuthenticationException;
import com.azure.core.exception.HttpResponseException;
import com.azure.core.http.HttpHeaderName;
import com.azure.storage.blob.models.BlobErrorCode;
import com.azure.storage.blob.models.BlobStorageException;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectNotFoundException;
import dev.barman.object.StorageException;
import dev.barman.object.StorageException.Reason;
import dev.barman.storage.cloud.transfer.CheckedContent;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What the SDK's exceptions mean. */
final class AzureFailures {
    static final int NOT_FOUND = 404;
    static final int CONFLICT = 409;
    static final int PRECONDITION_FAILED = 412;
    static final int RANGE_NOT_SATISFIABLE = 416;
    static final int NOT_IMPLEMENTED = 501;
    private static final HttpHeaderName CODE_HEADER = HttpHeaderName.fromString("x-ms-error-code");
    private static final int LONGEST_TEXT = 300;

    private AzureFailures() {}

    /** The SDK throws nothing but runtime exceptions, also for refused connections. */
    static StorageException classify(String what, RuntimeException e) {
        if (e instanceof BlobStorageException answer) {
            return answered(what, answer.getStatusCode(), code(answer), e);
        }
        if (e instanceof ClientAuthenticationException) {
            return new StorageException(
                    what + ": no usable Azure credentials: " + redacted(e.getMessage()), Reason.DENIED, false, e);
        }
        if (e instanceof HttpResponseException answer && answer.getResponse() != null) {
            return answered(
                    what,
                    answer.getResponse().getStatusCode(),
                    answer.getResponse().getHeaderValue(CODE_HEADER),
                    e);
        }
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof ClientAuthenticationException) {
                return new StorageException(
                        what + ": no usable Azure credentials: " + redacted(cause.getMessage()),
                        Reason.DENIED,
                        false,
                        e);
            }
            if (cause instanceof IOException || cause instanceof java.util.concurrent.TimeoutException) {
                return new StorageException(what + ": no answer: " + rootMessage(e), Reason.UNREACHABLE, true, e);
            }
        }
        return new StorageException(what + ": " + rootMessage(e), Reason.OTHER, false, e);
    }

    /** As {@link #classify}, but the failure of the content that was to be sent comes out as it is. */
    static IOException sending(String what, RuntimeException e) {
        IOException source = CheckedContent.failureIn(e);
        return source == null ? classify(what, e) : source;
    }

    static StorageException reading(String what, ObjectKey key, RuntimeException e) {
        return e instanceof BlobStorageException answer && isAbsentBlob(answer)
                ? new ObjectNotFoundException(key, e)
                : classify(what, e);
    }

    static boolean isAbsentBlob(BlobStorageException e) {
        return e.getStatusCode() == NOT_FOUND && !BlobErrorCode.CONTAINER_NOT_FOUND.equals(e.getErrorCode());
    }

    /** Whether a write that was to create only found the blob there. */
    static boolean isTaken(BlobStorageException e) {
        return e.getStatusCode() == PRECONDITION_FAILED
                || (e.getStatusCode() == CONFLICT && BlobErrorCode.BLOB_ALREADY_EXISTS.equals(e.getErrorCode()));
    }

    /** Whether the answer leaves open whether the request has had its effect. */
    static boolean leavesDoubt(BlobStorageException e) {
        return (e.getStatusCode() >= 500 && e.getStatusCode() != NOT_IMPLEMENTED) || e.getStatusCode() == 408;
    }

    private static StorageException answered(String what, int status, @Nullable String code, RuntimeException e) {
        String message = what + ": the store answered " + status + (code == null ? "" : " " + code);
        boolean busy = (status >= 500 && status != NOT_IMPLEMENTED)
                || status == 429
                || status == 408
                // What arrived is not what was sent.
                || "Md5Mismatch".equals(code);
        Reason reason = switch (status) {
            case NOT_FOUND -> Reason.NOT_FOUND;
            case 401, 403 -> Reason.DENIED;
            default -> Reason.OTHER;
        };
        return new StorageException(message, reason, busy, e);
    }

    private static @Nullable String code(BlobStorageException e) {
        return e.getErrorCode() == null ? null : e.getErrorCode().toString();
    }

    private static String rootMessage(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        return cause.getClass().getSimpleName() + ": " + redacted(cause.getMessage());
    }

    /** A URL with an access signature is a secret; texts of the SDK may quote one. */
    private static String redacted(@Nullable String text) {
        if (text == null) {
            return "no further explanation";
        }
        int signature = text.indexOf("sig=");
        String shown = signature < 0 ? text : text.substring(0, signature) + "sig=...";
        return shown.length() <= LONGEST_TEXT ? shown : shown.substring(0, LONGEST_TEXT) + "...";
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.s3;

import dev.barman.object.StorageException;
import dev.barman.object.StorageException.Reason;
import java.security.cert.CertPathBuilderException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** What the SDK's exceptions mean. */
final class S3Failures {
    static final int NOT_FOUND = 404;
    static final int CONFLICT = 409;
    static final int BAD_REQUEST = 400;
    static final int PRECONDITION_FAILED = 412;
    static final int RANGE_NOT_SATISFIABLE = 416;
    static final int NOT_IMPLEMENTED = 501;

    /** There are no credentials; to be told apart from a store that does not answer. */
    static final class CredentialsException extends SdkClientException {
        private static final long serialVersionUID = 1L;

        CredentialsException(SdkException cause) {
            super(SdkClientException.builder().message(cause.getMessage()).cause(cause));
        }
    }

    private S3Failures() {}

    static StorageException classify(String what, SdkException e) {
        if (e instanceof S3Exception answer) {
            return answered(what, answer);
        }
        if (e instanceof CredentialsException) {
            return new StorageException(
                    what + ": no usable AWS credentials: " + e.getMessage(), Reason.DENIED, false, e);
        }
        if (e instanceof SdkClientException) {
            Throwable cause = rootCause(e);
            String message = what + ": no answer: " + cause.getClass().getSimpleName() + ": " + cause.getMessage();
            // Unlike everything else that TLS may come upon, it will be the same next time.
            boolean unknownAuthority = cause instanceof CertPathBuilderException;
            if (unknownAuthority) {
                message += "; " + AuthorityBundle.VARIABLE
                        + " names a file with the certificates of the authorities to be trusted";
            }
            return new StorageException(message, Reason.UNREACHABLE, !unknownAuthority, e);
        }
        return new StorageException(what + ": " + e.getMessage(), Reason.OTHER, false, e);
    }

    private static StorageException answered(String what, S3Exception e) {
        int status = e.statusCode();
        String code = errorCode(e);
        String message = what + ": the store answered " + status + (code == null ? "" : " " + code) + ": " + text(e);
        Reason reason = switch (status) {
            case NOT_FOUND -> Reason.NOT_FOUND;
            case 401, 403 -> Reason.DENIED;
            default -> Reason.OTHER;
        };
        return new StorageException(message, reason, isRetryable(e), e);
    }

    /** Whether the answer leaves open whether the request has had its effect. */
    static boolean leavesDoubt(S3Exception e) {
        return (e.statusCode() >= 500 && e.statusCode() != NOT_IMPLEMENTED)
                || e.statusCode() == 408
                || "InternalError".equals(errorCode(e));
    }

    private static boolean isRetryable(S3Exception e) {
        int status = e.statusCode();
        String code = errorCode(e);
        return (status >= 500 && status != NOT_IMPLEMENTED)
                || status == 429
                || status == 408
                || "SlowDown".equals(code)
                || "RequestTimeout".equals(code)
                // What arrived is not what was sent.
                || "BadDigest".equals(code)
                || "XAmzContentChecksumMismatch".equals(code)
                || "XAmzContentSHA256Mismatch".equals(code)
                // A create-only write met another one that has not ended yet.
                || "ConditionalRequestConflict".equals(code)
                || "OperationAborted".equals(code);
    }

    /** Whether a store may have answered so because it does not know a header; the codes for that differ. */
    static boolean mayRefuseHeader(S3Exception e) {
        return (e.statusCode() == BAD_REQUEST || e.statusCode() == NOT_IMPLEMENTED) && !isRetryable(e);
    }

    /** Whether the upload has been completed or given up. */
    static boolean isUnknownUpload(S3Exception e) {
        return e.statusCode() == NOT_FOUND && "NoSuchUpload".equals(errorCode(e));
    }

    static @Nullable String errorCode(S3Exception e) {
        return e.awsErrorDetails() == null ? null : e.awsErrorDetails().errorCode();
    }

    private static String text(S3Exception e) {
        String message =
                e.awsErrorDetails() == null ? null : e.awsErrorDetails().errorMessage();
        return message == null || message.isEmpty() ? "no further explanation" : message;
    }

    private static Throwable rootCause(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        return cause;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.gcs;

import com.google.api.client.googleapis.json.GoogleJsonError;
import com.google.api.client.googleapis.json.GoogleJsonResponseException;
import com.google.api.client.http.HttpResponseException;
import dev.barman.object.StorageException;
import dev.barman.object.StorageException.Reason;
import dev.barman.storage.cloud.transfer.CheckedContent;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the exceptions of Google's client mean. Their own messages are never shown: they quote URLs, and the URL of an upload is a
 * secret.
 */
final class GcsFailures {
    static final int NOT_FOUND = 404;
    static final int CONFLICT = 409;
    static final int GONE = 410;
    static final int PRECONDITION_FAILED = 412;
    static final int RANGE_NOT_SATISFIABLE = 416;
    private static final int BAD_REQUEST = 400;
    private static final int NOT_IMPLEMENTED = 501;
    private static final int LONGEST_TEXT = 300;

    private GcsFailures() {}

    static StorageException classify(String what, IOException e) {
        if (e instanceof HttpResponseException answer) {
            GoogleJsonError details = details(answer);
            return answered(
                    what,
                    answer.getStatusCode(),
                    reason(details),
                    details == null ? null : details.getMessage(),
                    withoutUrl(answer));
        }
        for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof HttpResponseException answer) {
                int status = answer.getStatusCode();
                return new StorageException(
                        what + ": Google's token server answered " + status,
                        isBusy(status) ? Reason.OTHER : Reason.DENIED,
                        isBusy(status),
                        withoutUrl(answer));
            }
        }
        return new StorageException(what + ": no answer: " + rootMessage(e), Reason.UNREACHABLE, true, e);
    }

    /** As {@link #classify}, but the failure of the content that was to be sent comes out as it is. */
    static IOException sending(String what, IOException e) {
        IOException source = CheckedContent.failureIn(e);
        return source == null ? classify(what, e) : source;
    }

    /** One of the answers in the answer to a batch. */
    static StorageException classify(String what, GoogleJsonError error) {
        return answered(what, error.getCode(), reason(error), error.getMessage(), null);
    }

    static boolean hasStatus(IOException e, int status) {
        return e instanceof HttpResponseException answer && answer.getStatusCode() == status;
    }

    /** Whether the answer says that the object is missing, and not its bucket. Both are 404; only the words differ. */
    static boolean saysNoSuchObject(IOException e) {
        if (!(e instanceof HttpResponseException answer)) {
            return false;
        }
        GoogleJsonError details = details(answer);
        return saysNoSuchObject(details == null ? answer.getContent() : details.getMessage());
    }

    static boolean saysNoSuchObject(@Nullable String text) {
        return text != null && text.contains("No such object");
    }

    private static StorageException answered(
            String what, int status, @Nullable String reason, @Nullable String text, @Nullable Throwable cause) {
        boolean limited = "rateLimitExceeded".equals(reason) || "userRateLimitExceeded".equals(reason);
        // What arrived is not what was sent.
        boolean damaged = status == BAD_REQUEST && text != null && text.contains("doesn't match calculated");
        Reason why = switch (status) {
            case NOT_FOUND -> Reason.NOT_FOUND;
            case 401, 403 -> limited ? Reason.OTHER : Reason.DENIED;
            default -> Reason.OTHER;
        };
        return new StorageException(
                what + ": the store answered " + status + (reason == null ? "" : " " + reason)
                        + (text == null ? "" : ": " + shortened(text)),
                why,
                isBusy(status) || limited || damaged,
                cause);
    }

    private static boolean isBusy(int status) {
        return (status >= 500 && status != NOT_IMPLEMENTED) || status == 429 || status == 408;
    }

    private static @Nullable GoogleJsonError details(HttpResponseException e) {
        return e instanceof GoogleJsonResponseException json ? json.getDetails() : null;
    }

    private static @Nullable String reason(@Nullable GoogleJsonError error) {
        List<GoogleJsonError.ErrorInfo> errors = error == null ? null : error.getErrors();
        return errors == null || errors.isEmpty() ? null : errors.get(0).getReason();
    }

    /** For a stack trace in a log: the place without the words. */
    private static IOException withoutUrl(HttpResponseException e) {
        IOException place = new IOException("HTTP status " + e.getStatusCode());
        place.setStackTrace(e.getStackTrace());
        return place;
    }

    private static String rootMessage(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        return cause.getClass().getSimpleName()
                + (cause.getMessage() == null ? "" : ": " + shortened(cause.getMessage()));
    }

    private static String shortened(String text) {
        return text.length() <= LONGEST_TEXT ? text : text.substring(0, LONGEST_TEXT) + "...";
    }
}

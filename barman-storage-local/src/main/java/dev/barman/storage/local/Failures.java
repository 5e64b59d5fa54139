// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.local;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Words for failures of the file system. */
final class Failures {
    private Failures() {}

    /** What the operating system said, and about which file where the exception knows it. */
    static String reason(IOException failure) {
        if (failure instanceof NoSuchFileException missing) {
            return "No such file or directory: " + missing.getFile();
        }
        if (failure instanceof AccessDeniedException denied) {
            return "Permission denied: " + denied.getFile();
        }
        if (failure instanceof NotDirectoryException other) {
            return "Not a directory: " + other.getFile();
        }
        if (failure instanceof FileAlreadyExistsException existing) {
            return "File exists: " + existing.getFile();
        }
        if (failure instanceof FileSystemException other && other.getReason() != null) {
            return other.getReason() + ": " + other.getFile();
        }
        String message = failure.getMessage();
        return message == null ? failure.getClass().getSimpleName() : message;
    }

    /** What a person can do about it, as sentences of their own. */
    static String hint(String reason, String place) {
        String next = "Nothing was lost, and the next run goes on from here.";
        if (reason.contains("No space left")
                || reason.contains("File too large")
                || reason.contains("quota exceeded")) {
            return "Free some space for " + place + ". " + next;
        }
        if (reason.contains("Permission denied")
                || reason.contains("Read-only file system")
                || reason.contains("Operation not permitted")) {
            return "Let this user read the file and write to " + place + ". " + next;
        }
        return next;
    }
}

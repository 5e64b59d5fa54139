// SPDX-License-Identifier: Apache-2.0
package dev.barman.file;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;

/** The reason of a file system failure in words; the file API gives some as a bare path. */
public final class IoReason {
    private IoReason() {}

    /** Which file and what is wrong with it, where the file API tells; otherwise the message, or the class if there is none. */
    public static String of(IOException failure) {
        String words = null;
        if (failure instanceof NoSuchFileException) {
            words = "no such file or directory";
        } else if (failure instanceof AccessDeniedException) {
            words = "permission denied";
        } else if (failure instanceof FileAlreadyExistsException) {
            words = "exists already";
        } else if (failure instanceof NotDirectoryException) {
            words = "not a directory";
        } else if (failure instanceof DirectoryNotEmptyException) {
            words = "directory not empty";
        } else if (failure instanceof CharacterCodingException) {
            return "not text in the expected encoding";
        }
        if (words != null && failure instanceof FileSystemException named) {
            return named.getFile() + ": " + words;
        }
        return failure.getMessage() == null ? failure.toString() : failure.getMessage();
    }

    /** As {@link #of(IOException)}, for a message that names a file already: the file is not said again if it is the one that failed. */
    public static String of(IOException failure, Path named) {
        String text = of(failure);
        String file = named + ": ";
        return text.startsWith(file) ? text.substring(file.length()) : text;
    }

    /** What is wrong, in the system's words where there are some, without the file: for messages that name it themselves. */
    public static String alone(IOException failure) {
        if (failure instanceof NoSuchFileException) {
            return "No such file or directory";
        }
        if (failure instanceof AccessDeniedException) {
            return "Permission denied";
        }
        if (failure instanceof FileSystemException named && named.getReason() != null) {
            return named.getReason();
        }
        return failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
    }
}

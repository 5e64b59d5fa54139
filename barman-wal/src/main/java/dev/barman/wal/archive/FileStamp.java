// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.archive;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * By what a file is known again: a segment that PostgreSQL has recycled, or written anew after the machine was set back, has another
 * stamp. Immutable.
 *
 * @param inode number of the inode
 * @param sizeBytes length
 * @param modifiedNanos modification time, nanoseconds since the epoch
 */
public record FileStamp(long inode, long sizeBytes, long modifiedNanos) {
    /**
     * The stamp of what the path leads to now.
     *
     * @throws NoSuchFileException when there is no such file
     * @throws IOException when it cannot be looked at, or is no regular file
     */
    public static FileStamp of(Path file) throws IOException {
        Map<String, Object> attributes = Files.readAttributes(file, "unix:ino,size,lastModifiedTime,isRegularFile");
        if (!Boolean.TRUE.equals(attributes.get("isRegularFile"))) {
            throw new IOException(file + ": not a regular file");
        }
        FileTime modified = attributes.get("lastModifiedTime") instanceof FileTime time ? time : FileTime.fromMillis(0);
        return new FileStamp(
                number(attributes.get("ino")), number(attributes.get("size")), modified.to(TimeUnit.NANOSECONDS));
    }

    private static long number(@Nullable Object value) {
        return value instanceof Number number ? number.longValue() : 0;
    }

    // Written out: the methods that records are given are put together at run time, in tens of milliseconds.
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof FileStamp that
                && inode == that.inode
                && sizeBytes == that.sizeBytes
                && modifiedNanos == that.modifiedNanos;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(inode * 31 + modifiedNanos);
    }

    @Override
    public String toString() {
        return "inode " + inode + ", " + sizeBytes + " bytes, modified " + modifiedNanos;
    }
}

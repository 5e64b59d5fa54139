// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.wal.compress.CompressionSettings;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How the archives of a backup are sent. Immutable.
 *
 * @param compression null for none
 * @param jobs how many parts are sent at the same time, at least 1
 * @param maxArchiveBytes an archive that is larger than this gets no further entry
 * @param partBytes length of the parts of an upload
 * @param maxBytesPerSecond limit of all uploads together, 0 for none
 * @param tags of all objects
 */
record UploadOptions(
        @Nullable CompressionSettings compression,
        int jobs,
        long maxArchiveBytes,
        int partBytes,
        long maxBytesPerSecond,
        Map<String, String> tags) {
    /** The largest archive, whatever is asked for: what a store takes as one object is not much more. */
    static final long MAX_ARCHIVE_BYTES = 1L << 40;

    /** 100 GB in the units of the command line. */
    static final long DEFAULT_ARCHIVE_BYTES = 100L << 30;

    private static final long MAX_PARTS = 10_000;
    private static final long MIN_PART_BYTES = 5L << 20;
    /** More than any archive needs, and still an array. */
    private static final long MAX_PART_BYTES = 1L << 29;

    UploadOptions {
        tags = Map.copyOf(tags);
    }

    /**
     * The length of the parts of an upload to S3: half as many parts as the store allows make up an archive of the size asked for, since an archive
     * may be larger by an entry. Never less than the store allows.
     *
     * @param requestedArchiveBytes the maximum as it was asked for, above {@link #MAX_ARCHIVE_BYTES} or not
     * @param requestedMinimum a lower limit, null for none
     */
    static int partBytes(long requestedArchiveBytes, @Nullable Long requestedMinimum) {
        long size = Math.max(2 * (requestedArchiveBytes / MAX_PARTS), MIN_PART_BYTES);
        if (requestedMinimum != null) {
            size = Math.max(size, requestedMinimum);
        }
        return (int) Math.min(size, MAX_PART_BYTES);
    }

    /** How much memory the parts take at most: those being sent, and the one being filled. */
    long bufferBytes() {
        return (jobs + 1L) * partBytes;
    }

    /** What the names of the archives end with. */
    String suffix() {
        return compression == null
                ? ""
                : switch (compression.algorithm()) {
                    case GZIP -> ".gz";
                    case BZIP2 -> ".bz2";
                    case SNAPPY -> ".snappy";
                    default -> throw new IllegalArgumentException("no archives are compressed with " + compression);
                };
    }
}

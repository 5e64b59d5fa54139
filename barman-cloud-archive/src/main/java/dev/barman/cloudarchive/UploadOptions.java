// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.storage.cloud.CloudProvider;
import dev.barman.wal.compress.CompressionSettings;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How the archives of a backup are sent. Immutable.
 *
 * @param compression null for none
 * @param jobs how many parts are sent at the same time, at least 1
 * @param maxArchiveBytes an archive that is larger than this gets no further entry; 0 when nobody asked for a maximum
 * @param partBytes length of the parts of an upload
 * @param maxParts how many parts the store takes of one archive
 * @param maxBytesPerSecond limit of all uploads together, 0 for none
 * @param tags of all objects
 */
record UploadOptions(
        @Nullable CompressionSettings compression,
        int jobs,
        long maxArchiveBytes,
        int partBytes,
        int maxParts,
        long maxBytesPerSecond,
        Map<String, String> tags) {
    /** The largest archive, whatever is asked for: what a store takes as one object is not much more. */
    static final long MAX_ARCHIVE_BYTES = 1L << 40;

    /** 100 GB in the units of the command line. */
    static final long DEFAULT_ARCHIVE_BYTES = 100L << 30;

    /** More than any archive needs, and still an array. */
    private static final long MAX_PART_BYTES = 1L << 29;

    UploadOptions {
        tags = Map.copyOf(tags);
    }

    /**
     * What a provider's store takes. Immutable.
     *
     * @param maxParts how many parts one object may have
     * @param minPartBytes how long all but the last must be at least
     */
    record PartLimits(int maxParts, long minPartBytes) {
        static PartLimits of(CloudProvider provider) {
            return switch (provider) {
                case AWS_S3 -> new PartLimits(10_000, 5L << 20);
                // Any length would do; the original's minimum keeps the requests few.
                case AZURE_BLOB_STORAGE -> new PartLimits(50_000, 64L << 10);
                // Any number would do: what one part takes in memory and in time counts only.
                case GOOGLE_CLOUD_STORAGE -> new PartLimits(Integer.MAX_VALUE, 16L << 20);
            };
        }
    }

    /**
     * The length of the parts of an upload: half as many parts as the store allows make up an archive of the size asked for, since an archive
     * may be larger by an entry. Never less than the store allows.
     *
     * @param limits of the store
     * @param requestedArchiveBytes the maximum as it was asked for, above {@link #MAX_ARCHIVE_BYTES} or not
     * @param requestedMinimum a lower limit, null for none
     */
    static int partBytes(PartLimits limits, long requestedArchiveBytes, @Nullable Long requestedMinimum) {
        long size = Math.max(2 * (requestedArchiveBytes / limits.maxParts), limits.minPartBytes);
        if (requestedMinimum != null) {
            size = Math.max(size, requestedMinimum);
        }
        return (int) Math.min(size, MAX_PART_BYTES);
    }

    /** How much memory the parts take at least: those being sent, and the one being filled. */
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

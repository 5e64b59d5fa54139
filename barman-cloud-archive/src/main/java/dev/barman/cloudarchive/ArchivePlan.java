// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

/**
 * Into how many objects a backup is divided: those of one archive are written, compressed, made visible and later restored at the same time. Immutable.
 *
 * @param writers how many objects are written at the same time, at least 1
 * @param archiveBytes an object that is larger than this gets no further entry
 * @param firstBytes the first object of an archive gets no further entry that may make it larger than this: its size so far, and that of the entry
 *     before it is compressed
 */
record ArchivePlan(int writers, long archiveBytes, long firstBytes) {
    /** What is smaller is not worth another object. */
    private static final long WRITER_BYTES = 128L << 20;

    /** What nobody asked for: objects of 1 GiB, and not many more than a hundred of them. */
    private static final long MIN_ARCHIVE_BYTES = 1L << 30;

    private static final int ARCHIVES = 128;

    /** With objects all alike. */
    ArchivePlan(int writers, long archiveBytes) {
        this(writers, archiveBytes, Long.MAX_VALUE);
    }

    /**
     * Makes a plan.
     *
     * @param clusterBytes about how large the data is, 0 when nobody knows
     * @param memoryBytes what the parts of all uploads may take that need not be there
     */
    static ArchivePlan of(UploadOptions options, long clusterBytes, long memoryBytes) {
        long worth = clusterBytes / WRITER_BYTES;
        long affordable = memoryBytes / options.partBytes() - options.jobs();
        long writers = Math.max(1, Math.min(options.jobs(), Math.min(worth, affordable)));
        long archiveBytes = options.maxArchiveBytes();
        if (archiveBytes == 0) {
            archiveBytes =
                    Math.min(UploadOptions.DEFAULT_ARCHIVE_BYTES, Math.max(MIN_ARCHIVE_BYTES, clusterBytes / ARCHIVES));
        }
        return new ArchivePlan((int) writers, archiveBytes);
    }

    /** The same with a small first object; nothing else where one object is written at a time. */
    ArchivePlan withFirst(long bytes) {
        return writers == 1 ? this : new ArchivePlan(writers, archiveBytes, bytes);
    }

    /**
     * Whether an object that has entries gets no further one.
     *
     * @param number of the object in its archive, 0 for the first
     * @param entryBytes of the next entry
     */
    boolean isFull(int number, long objectBytes, long entryBytes) {
        return objectBytes > archiveBytes || (number == 0 && objectBytes + entryBytes > firstBytes);
    }
}

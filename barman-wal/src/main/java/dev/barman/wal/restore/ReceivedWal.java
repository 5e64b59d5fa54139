// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.restore;

import dev.barman.wal.WalPageHeader;
import dev.barman.wal.WalSegmentCheck;
import dev.barman.wal.WalSegmentName;
import java.nio.ByteBuffer;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** What of a WAL file is looked at while it is received, to judge it at its end. Not thread-safe. */
public final class ReceivedWal {
    private final byte[] head = new byte[WalPageHeader.LENGTH];
    private long sizeBytes;

    /** Notes the next bytes of the uncompressed file. */
    public void add(byte[] bytes, int offset, int length) {
        if (sizeBytes < head.length) {
            int at = (int) sizeBytes;
            System.arraycopy(bytes, offset, head, at, Math.min(head.length - at, length));
        }
        sizeBytes += length;
    }

    /** Forgets everything, for a transfer that begins anew. */
    public void restart() {
        sizeBytes = 0;
    }

    /** {@return how many bytes there were} */
    public long sizeBytes() {
        return sizeBytes;
    }

    /** {@return the header of the first page; null where there is none that is known} */
    public @Nullable WalPageHeader header() {
        return sizeBytes < head.length
                ? null
                : WalPageHeader.parse(ByteBuffer.wrap(head)).orElse(null);
    }

    /**
     * Judges a complete file of any kind.
     *
     * @param segment the segment that it should be, null for a history, a label or a partial segment under its own name
     * @param systemIdentifier that of the cluster that recovers, where it is known
     * @return what is wrong, null when nothing is
     */
    public @Nullable String problem(@Nullable WalSegmentName segment, OptionalLong systemIdentifier) {
        if (sizeBytes == 0) {
            return "it is empty";
        }
        if (segment == null) {
            return null;
        }
        String problem = WalSegmentCheck.problem(segment, sizeBytes < head.length ? new byte[0] : head, sizeBytes);
        if (problem != null) {
            return problem;
        }
        WalPageHeader header = header();
        return header != null
                        && systemIdentifier.isPresent()
                        && systemIdentifier.getAsLong() != header.systemIdentifier()
                ? "it comes from the cluster with the system identifier " + header.systemId() + ", and this one has "
                        + Long.toUnsignedString(systemIdentifier.getAsLong())
                : null;
    }
}

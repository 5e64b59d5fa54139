// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Whether a file can be the whole, uncompressed segment of a name. PostgreSQL itself looks at the size only, and a server that is doing
 * recovery stops for good when that is wrong.
 */
public final class WalSegmentCheck {
    private WalSegmentCheck() {}

    /**
     * Looks at a complete file.
     *
     * @param name the segment that it should be
     * @param head the first bytes of the file, {@link WalPageHeader#LENGTH} or all there are
     * @param sizeBytes the file's length
     * @return what is wrong, null when nothing is
     */
    public static @Nullable String problem(WalSegmentName name, byte[] head, long sizeBytes) {
        WalPageHeader header = WalPageHeader.parse(ByteBuffer.wrap(head)).orElse(null);
        if (header == null) {
            if (!WalPageHeader.isOfLaterRelease(head)) {
                return "it does not begin with the header of a WAL segment (" + sizeBytes + " bytes)";
            }
            // PostgreSQL reads the pages it knows and we do not; what remains for us is the size.
            return WalSegmentSize.fromBytes(sizeBytes).isPresent()
                    ? null
                    : "it has " + sizeBytes + " bytes, which is not the size of a WAL segment";
        }
        if (header.segmentSizeBytes() != sizeBytes) {
            return "it has " + sizeBytes + " bytes where its header announces " + header.segmentSizeBytes();
        }
        if (!header.belongsTo(name)) {
            return "its header says timeline " + header.timeline().value() + " at " + header.pageAddress()
                    + ", which does not fit the name";
        }
        return null;
    }
}

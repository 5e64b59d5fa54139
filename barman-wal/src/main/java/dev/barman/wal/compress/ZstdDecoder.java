// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;

/** Reads Zstandard frames up to the end of the source. */
final class ZstdDecoder extends DecoderStream {
    private final InputStream source;
    private final ZstdInputStreamNoFinalizer zstd;

    private ZstdDecoder(InputStream source, ZstdInputStreamNoFinalizer zstd) {
        this.source = source;
        this.zstd = zstd;
    }

    static ZstdDecoder open(InputStream source) throws IOException {
        // The library takes an empty source for the end of empty data.
        PushbackInputStream checked = new PushbackInputStream(source, 1);
        int first = checked.read();
        if (first < 0) {
            throw new DecoderInput(source, "zstd", 1).truncated();
        }
        checked.unread(first);
        try {
            ZstdInputStreamNoFinalizer zstd = new ZstdInputStreamNoFinalizer(checked);
            zstd.setLongMax(31);
            return new ZstdDecoder(source, zstd);
        } catch (LinkageError e) {
            throw NativeLibraries.unavailable("zstd", e);
        }
    }

    @Override
    int decode(byte[] target, int offset, int length) throws IOException {
        return zstd.read(target, offset, length);
    }

    @Override
    void release() throws IOException {
        try (source) {
            zstd.close();
        }
    }
}

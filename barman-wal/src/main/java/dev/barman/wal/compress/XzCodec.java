// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.tukaani.xz.ArrayCache;
import org.tukaani.xz.BasicArrayCache;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZ;
import org.tukaani.xz.XZInputStream;
import org.tukaani.xz.XZOutputStream;

/** xz through XZ for Java, with a CRC-64 as the {@code xz} program writes it. */
final class XzCodec extends StreamCodec {
    private final int level;
    private ArrayCache arrays = new BasicArrayCache();

    XzCodec(CompressionSettings settings) {
        super(settings.algorithm());
        this.level = settings.levelNumber();
    }

    private synchronized ArrayCache arrays() {
        return arrays;
    }

    @Override
    OutputStream encoder(OutputStream buffered) throws IOException {
        return new XZOutputStream(buffered, new LZMA2Options(level), XZ.CHECK_CRC64, arrays());
    }

    @Override
    InputStream decoder(InputStream source) throws IOException {
        return new XZInputStream(source, arrays());
    }

    @Override
    public synchronized void close() {
        arrays = new BasicArrayCache();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.tukaani.xz.ArrayCache;
import org.tukaani.xz.BasicArrayCache;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.UnsupportedOptionsException;
import org.tukaani.xz.XZ;
import org.tukaani.xz.XZInputStream;
import org.tukaani.xz.XZOutputStream;

/**
 * xz through XZ for Java, with a CRC-64 as the {@code xz} program writes it.
 *
 * <p>The dictionary is never larger than a segment of the default size: what the levels 8 and 9 add beyond it would cost
 * some 700 MB of memory per thread, against 190 MB now.
 */
final class XzCodec extends StreamCodec {
    private static final int MAX_DICTIONARY_BYTES = 1 << 24;

    private final int level;
    private ArrayCache arrays = new BasicArrayCache();

    XzCodec(CompressionSettings settings) {
        super(settings.algorithm());
        this.level = settings.levelNumber();
    }

    private synchronized ArrayCache arrays() {
        return arrays;
    }

    private LZMA2Options options() throws UnsupportedOptionsException {
        LZMA2Options options = new LZMA2Options(level);
        options.setDictSize(Math.min(options.getDictSize(), MAX_DICTIONARY_BYTES));
        return options;
    }

    @Override
    public long heapBytesPerCall() {
        try {
            return options().getEncoderMemoryUsage() * 1024L;
        } catch (UnsupportedOptionsException e) {
            throw new IllegalStateException("level " + level, e);
        }
    }

    @Override
    OutputStream encoder(OutputStream buffered) throws IOException {
        return new XZOutputStream(buffered, options(), XZ.CHECK_CRC64, arrays());
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

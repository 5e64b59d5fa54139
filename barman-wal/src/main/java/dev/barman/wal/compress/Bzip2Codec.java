// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;

/** bzip2 through commons-compress; the level is the block size in units of 100 kB. */
final class Bzip2Codec extends StreamCodec {
    private final int level;

    Bzip2Codec(CompressionSettings settings) {
        super(settings.algorithm());
        this.level = settings.levelNumber();
    }

    @Override
    OutputStream encoder(OutputStream buffered) throws IOException {
        return new BZip2CompressorOutputStream(buffered, level);
    }

    @Override
    InputStream decoder(InputStream source) throws IOException {
        return new BZip2CompressorInputStream(source, true);
    }
}

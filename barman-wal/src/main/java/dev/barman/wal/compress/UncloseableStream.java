// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** Passes everything on but {@link #close}, which only flushes. */
final class UncloseableStream extends FilterOutputStream {
    UncloseableStream(OutputStream target) {
        super(target);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        out.write(bytes, offset, length);
    }

    @Override
    public void close() throws IOException {
        flush();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * The standard input, read from front to back only. {@link FileInputStream} skips, and sizes its buffers, by seeking, which fails
 * with "Illegal seek" on the pipe that ssh gives us. Not thread-safe.
 */
final class StandardInput extends InputStream {
    private final FileInputStream in;

    StandardInput() {
        this(new FileInputStream(FileDescriptor.in));
    }

    StandardInput(FileInputStream in) {
        this.in = in;
    }

    @Override
    public int read() throws IOException {
        return in.read();
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        return in.read(buffer, offset, length);
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.object;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Content to be stored. It can be read more than once, so that an upload can be repeated, and its length is known beforehand.
 */
public interface ObjectContent {
    /** {@return the exact number of bytes} */
    long sizeBytes();

    /**
     * Opens the content at its beginning.
     *
     * @return a stream of exactly {@link #sizeBytes} bytes, to be closed by the caller
     * @throws IOException when it cannot be read
     */
    InputStream open() throws IOException;

    /**
     * @param bytes the content; the array must not change afterwards
     * @return content in memory
     */
    static ObjectContent of(byte[] bytes) {
        return new ObjectContent() {
            @Override
            public long sizeBytes() {
                return bytes.length;
            }

            @Override
            public InputStream open() {
                return new ByteArrayInputStream(bytes);
            }
        };
    }

    /**
     * @param file a regular file; it must not change while the content is in use
     * @return the content of the file, with its present length
     * @throws IOException when the length cannot be found out
     */
    static ObjectContent of(Path file) throws IOException {
        long size = Files.size(file);
        return new ObjectContent() {
            @Override
            public long sizeBytes() {
                return size;
            }

            @Override
            public InputStream open() throws IOException {
                return Files.newInputStream(file);
            }
        };
    }
}

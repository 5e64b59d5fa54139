// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import dev.barman.tar.PaxTarWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Writes WAL files in the form that {@code put-wal} reads: a tar stream with their checksums at its end. Not thread-safe. */
final class WalTar {
    private final PaxTarWriter tar;
    private final boolean md5;
    private final StringBuilder sums = new StringBuilder();

    /**
     * @param out where to; not closed
     * @param md5 MD5 instead of SHA-256
     */
    WalTar(OutputStream out, boolean md5) {
        this.tar = new PaxTarWriter(out);
        this.md5 = md5;
    }

    /** The algorithm of the checksums, as Java calls it. */
    static String algorithm(boolean md5) {
        return md5 ? "MD5" : "SHA-256";
    }

    /**
     * Writes a file, and waits for its checksum, which somebody else computes.
     *
     * @throws WalContent.SourceException when the content cannot be read
     * @throws IOException when it cannot be written
     */
    void add(WalContent content) throws IOException {
        content.writeTo(tar);
        sums.append(content.checksum()).append(" *").append(content.name()).append('\n');
    }

    /** Writes the checksums and the end. */
    void end() throws IOException {
        byte[] bytes = sums.toString().getBytes(StandardCharsets.US_ASCII);
        tar.begin(new PaxTarWriter.Entry(md5 ? "MD5SUMS" : "SHA256SUMS", bytes.length, 0644, 0, 0, "", "", null));
        tar.write(bytes, 0, bytes.length);
        tar.end();
        tar.finish();
    }
}

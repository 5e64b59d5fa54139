// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.encrypt;

import java.io.IOException;
import java.nio.file.Path;

/** Encrypts files after compression and decrypts them before decompression. Implementations are thread-safe. */
public interface WalCipher {
    /** The name in the WAL index, such as {@code gpg}. */
    String id();

    /**
     * Encrypts a file.
     *
     * @param source the file to read, kept as it is
     * @param target created, or replaced; not synchronised with the disk
     * @throws IOException if it fails; the target is then removed
     */
    void encrypt(Path source, Path target) throws IOException;

    /**
     * Decrypts a file.
     *
     * @param source the file to read, kept as it is
     * @param target created, or replaced; not synchronised with the disk. It is readable by the owner only.
     * @throws IOException if it fails, or the cipher has no secret to decrypt with; the target is then removed
     */
    void decrypt(Path source, Path target) throws IOException;
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.encrypt;

import java.io.IOException;

/** Finds out the passphrase of the private key when it is needed. */
@FunctionalInterface
public interface PassphraseSource {
    /**
     * The passphrase as bytes. The caller overwrites the array after use.
     *
     * @throws IOException if it cannot be had; the message must not contain it
     */
    byte[] passphrase() throws IOException;
}

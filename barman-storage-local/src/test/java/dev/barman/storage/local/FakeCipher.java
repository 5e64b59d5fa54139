// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.local;

import dev.barman.wal.encrypt.WalCipher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Writes what begins like an OpenPGP message, and holds the content with all bits turned. */
final class FakeCipher implements WalCipher {
    private static final byte[] HEAD = {(byte) 0x84, 0x5e, 0x03, 0x12, 0x01, 0x07, 0x40, 0x01};

    @Override
    public String id() {
        return "gpg";
    }

    @Override
    public void encrypt(Path source, Path target) throws IOException {
        byte[] plain = Files.readAllBytes(source);
        byte[] encrypted = Arrays.copyOf(HEAD, HEAD.length + plain.length);
        for (int i = 0; i < plain.length; i++) {
            encrypted[HEAD.length + i] = (byte) ~plain[i];
        }
        Files.write(target, encrypted);
    }

    @Override
    public void decrypt(Path source, Path target) throws IOException {
        byte[] encrypted = Files.readAllBytes(source);
        byte[] plain = new byte[encrypted.length - HEAD.length];
        for (int i = 0; i < plain.length; i++) {
            plain[i] = (byte) ~encrypted[HEAD.length + i];
        }
        Files.write(target, plain);
    }
}

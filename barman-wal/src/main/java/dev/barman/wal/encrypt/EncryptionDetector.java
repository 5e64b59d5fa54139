// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.encrypt;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Tells an OpenPGP encrypted file by its first packet (RFC 9580, and RFC 4880 before it): a session key for a recipient
 * (tag 1) or for a passphrase (tag 3), in the old or the new packet format, or an armoured message.
 *
 * <p>Barman asks the program {@code file}, which does not know Curve25519 recipients and takes such files for plain ones.
 */
public final class EncryptionDetector {
    /** How many bytes of a file are looked at. */
    public static final int HEAD_BYTES = 64;

    private static final byte[] ARMOUR = "-----BEGIN PGP MESSAGE-----".getBytes(StandardCharsets.US_ASCII);
    private static final int PUBLIC_KEY_SESSION_KEY = 1;
    private static final int SYMMETRIC_KEY_SESSION_KEY = 3;
    private static final int MARKER = 10;

    private EncryptionDetector() {}

    /**
     * Whether a file is encrypted.
     *
     * @throws IOException if it cannot be read
     */
    public static boolean isEncrypted(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] head = new byte[HEAD_BYTES];
            return isEncrypted(head, in.readNBytes(head, 0, head.length));
        }
    }

    /**
     * Whether data that begins like this is encrypted.
     *
     * @param head the first bytes, best {@link #HEAD_BYTES} of them
     * @param length how many of them are valid
     */
    public static boolean isEncrypted(byte[] head, int length) {
        if (length == 0) {
            return false;
        }
        return (head[0] & 0x80) != 0 ? beginsWithSessionKey(head, 0, length) : beginsWithArmour(head, length);
    }

    private static boolean beginsWithArmour(byte[] head, int length) {
        int at = 0;
        while (at < length && (head[at] == '\n' || head[at] == '\r' || head[at] == ' ')) {
            at++;
        }
        if (length - at < ARMOUR.length) {
            return false;
        }
        for (int i = 0; i < ARMOUR.length; i++) {
            if (head[at + i] != ARMOUR[i]) {
                return false;
            }
        }
        return true;
    }

    private static boolean beginsWithSessionKey(byte[] head, int start, int length) {
        int first = head[start] & 0xff;
        boolean newFormat = (first & 0x40) != 0;
        int tag = newFormat ? first & 0x3f : first >> 2 & 0x0f;
        int lengthBytes;
        if (start + 1 >= length) {
            return false;
        }
        if (newFormat) {
            int octet = head[start + 1] & 0xff;
            // 224 to 254 are partial lengths, which only data packets may have.
            lengthBytes = octet < 192 ? 1 : octet < 224 ? 2 : octet == 255 ? 5 : -1;
        } else {
            // Length type 3 is indeterminate, which no session key has.
            lengthBytes = (first & 3) == 3 ? -1 : 1 << (first & 3);
        }
        int body = start + 1 + lengthBytes;
        if (lengthBytes < 0 || body >= length) {
            return false;
        }
        int version = head[body];
        switch (tag) {
            case PUBLIC_KEY_SESSION_KEY:
                return version == 3 || version == 6;
            case SYMMETRIC_KEY_SESSION_KEY:
                return version >= 4 && version <= 6;
            case MARKER:
                // "PGP", to be ignored by readers; the next packet decides.
                return start == 0
                        && lengthBytes == 1
                        && body + 3 < length
                        && head[body] == 'P'
                        && head[body + 1] == 'G'
                        && head[body + 2] == 'P'
                        && (head[body + 3] & 0x80) != 0
                        && beginsWithSessionKey(head, body + 3, length);
            default:
                return false;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.encrypt;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EncryptionDetectorTest {
    private static boolean detect(String hex) {
        byte[] head = HexFormat.of().parseHex(hex.replace(" ", ""));
        return EncryptionDetector.isEncrypted(head, head.length);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "84 8c 03 01 02 03", // RSA 1024
                "85 01 0c 03 01 02", // RSA 2048
                "85 01 8c 03 01 02", // RSA 3072
                "85 02 0c 03 01 02", // RSA 4096
                "84 5e 03 01 02 03", // Curve25519, which `file` does not know
                "8c 0d 04 09 03 02", // symmetric
                "8c 2e 05 09 02 03", // symmetric with AEAD
                "c1 5e 03 01 02 03", // new packet format
                "c1 c0 4c 03 01", // two length bytes
                "c3 0d 04 09 03",
                "c1 ff 00 00 01 0c 06 01", // five length bytes, version 6
                "ca 03 50 47 50 84 5e 03 01" // a marker first
            })
    void messagesThatBeginWithASessionKeyAreEncrypted(String hex) {
        assertThat(detect(hex)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "84",
                "84 5e",
                "85 01 0c",
                "10 d1 06 00 01 00 00 00", // WAL page
                "1f 8b 08 00",
                "42 5a 68 39",
                "fd 37 7a 58 5a 00",
                "28 b5 2f fd",
                "04 22 4d 18",
                "ff 06 00 00 73 4e 61 50 70 59",
                "84 5e 07 00 00", // no such version
                "87 01 03 03 03 03", // indeterminate length
                "c1 e0 03 03", // partial length
                "99 01 0d 04", // a public key
                "90 0d 03 00", // a one-pass signature
                "ca 03 50 47 50 10 00" // a marker before plain bytes
            })
    void otherDataIsNot(String hex) {
        assertThat(detect(hex)).isFalse();
    }

    @Test
    void armourIsKnown() {
        byte[] message = "-----BEGIN PGP MESSAGE-----\n\nhQEM".getBytes(StandardCharsets.US_ASCII);
        assertThat(EncryptionDetector.isEncrypted(message, message.length)).isTrue();
        byte[] indented = "\n\n-----BEGIN PGP MESSAGE-----\n".getBytes(StandardCharsets.US_ASCII);
        assertThat(EncryptionDetector.isEncrypted(indented, indented.length)).isTrue();
        byte[] key = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n".getBytes(StandardCharsets.US_ASCII);
        assertThat(EncryptionDetector.isEncrypted(key, key.length)).isFalse();
        assertThat(EncryptionDetector.isEncrypted(message, 10)).isFalse();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.wal.encrypt.GpgCipher;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether files can be encrypted as configured: encrypts a small one. */
final class EncryptionCheck implements Check {
    private static final Logger LOG = LoggerFactory.getLogger("barman.encryption");

    @Override
    public String name() {
        return "encryption";
    }

    @Override
    public List<CheckResult> run(CheckContext context) throws IOException {
        String method = context.server().archiving().encryption();
        if (method == null) {
            return List.of();
        }
        String key = context.server().archiving().encryptionKeyId();
        if (key == null || key.isEmpty()) {
            return List.of(
                    CheckResult.failed(name(), "Encryption is set as " + method + ", but encryption_key_id is unset"));
        }
        Path directory = Files.createTempDirectory("barman-encryption-test");
        Path plain = directory.resolve("plain");
        Path encrypted = directory.resolve("encrypted");
        try {
            Files.write(plain, "barman".getBytes(StandardCharsets.US_ASCII));
            GpgCipher.of(key, null).encrypt(plain, encrypted);
            return List.of(CheckResult.ok(name(), "encryption test succeeded"));
        } catch (IOException e) {
            LOG.error("Encryption test with key {} failed: {}", key, e.getMessage());
            return List.of(CheckResult.failed(name(), "encryption test failed. Check the log file for more details"));
        } finally {
            Files.deleteIfExists(plain);
            Files.deleteIfExists(encrypted);
            Files.deleteIfExists(directory);
        }
    }
}

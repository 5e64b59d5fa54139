// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.security.MessageDigest;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ReceivedDigestTest {
    @Test
    void checksumsOfFilesOneAfterTheOther() throws Exception {
        Random random = new Random(1);
        try (ReceivedDigest digest = new ReceivedDigest()) {
            digest.start();
            // Pieces of all sizes; some files fill the ring several times, some are empty.
            for (int pieces : new int[] {0, 1, 7, 8, 9, 100, 0, 3}) {
                MessageDigest expected = MessageDigest.getInstance("SHA-256");
                for (int i = 0; i < pieces; i++) {
                    byte[] buffer = digest.buffer();
                    int length = random.nextInt(buffer.length + 1);
                    for (int at = 0; at < length; at += 997) {
                        buffer[at] = (byte) random.nextInt();
                    }
                    expected.update(buffer, 0, length);
                    digest.add(length);
                }
                assertThat(digest.finish()).isEqualTo(expected.digest());
            }
        }
    }

    @Test
    void endedThreadLetsNobodyWait() throws Exception {
        ReceivedDigest digest = new ReceivedDigest();
        digest.start();
        digest.close();
        digest.join(TimeUnit.SECONDS.toMillis(10));
        digest.buffer();
        digest.add(1);
        assertThatIOException().isThrownBy(digest::finish);
    }
}

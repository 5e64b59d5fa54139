// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WalReceiverTest {
    @Test
    void noPasswordIsShown() {
        assertThat(WalReceiver.redacted("host=a user=b")).isEqualTo("host=a user=b");
        assertThat(WalReceiver.redacted(null)).isEqualTo("null");
        assertThat(WalReceiver.redacted("host=a password=secret"))
                .contains("host=a")
                .doesNotContain("secret");
        assertThat(WalReceiver.redacted("postgresql://b:secret@a/c")).doesNotContain("secret");
    }

    @Test
    void aConnectionStringThatCannotBeParsedIsNotShown() {
        assertThat(WalReceiver.redacted("host=a password='secret"))
                .isEqualTo("(a connection string that is not valid)");
    }
}

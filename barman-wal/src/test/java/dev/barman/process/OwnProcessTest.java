// SPDX-License-Identifier: Apache-2.0
package dev.barman.process;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OwnProcessTest {
    @Test
    void theProcessIdIsTheOneThatJavaKnows() {
        assertThat(OwnProcess.pid()).isEqualTo(ProcessHandle.current().pid());
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ClassArchiveTrainingTest {
    @Test
    void everyRunGoesTheWholeWay() throws Exception {
        assertThat(ClassArchiveTraining.train())
                .containsExactly(
                        RestoreExit.DELIVERED,
                        RestoreExit.ABSENT,
                        RestoreExit.DELIVERED,
                        0,
                        ArchiveExit.ARCHIVED,
                        ArchiveExit.ARCHIVED,
                        ArchiveExit.ARCHIVED,
                        0);
    }
}

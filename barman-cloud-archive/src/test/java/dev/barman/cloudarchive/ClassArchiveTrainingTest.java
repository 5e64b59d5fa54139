// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.wal.restore.PrivateExit;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The training goes through what the commands do when all is well. The build gives the credentials. */
class ClassArchiveTrainingTest {
    @Test
    void everyRunOfTheWalCommandsGoesTheWholeWay() throws Exception {
        List<Integer> codes = WalTraining.train();
        // Two are for files that are not there.
        assertThat(codes).hasSizeGreaterThan(20).containsOnly(CloudExit.OK, PrivateExit.ABSENT);
        assertThat(codes).filteredOn(code -> code == PrivateExit.ABSENT).hasSize(2);
    }

    @Test
    void everyRunOfTheBackupCommandsGoesTheWholeWay() throws Exception {
        List<Integer> codes = BackupTraining.train();
        // There is WAL, which barman-cloud-check-wal-archive complains of.
        assertThat(codes).containsExactly(0, 0, 0, 0, 0, 0, 0, CloudExit.FAILED, 0, 0, 0, 0);
    }
}

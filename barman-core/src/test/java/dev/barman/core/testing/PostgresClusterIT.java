// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class PostgresClusterIT {
    @Test
    void startsAnswersAndLeavesNothingBehind() throws Exception {
        Path directory;
        try (PostgresCluster cluster = PostgresCluster.create(1).start()) {
            directory = cluster.directory();
            assertThat(cluster.sql("select 6 * 7")).isEqualTo("42");
            assertThat(cluster.sql("show wal_segment_size")).isEqualTo("1MB");
        }
        assertThat(Files.exists(directory)).isFalse();
    }
}

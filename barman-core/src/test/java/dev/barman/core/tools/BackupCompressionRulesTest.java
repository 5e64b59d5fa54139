// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.tools;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.config.BackupCompressionConfig;
import dev.barman.core.postgres.PostgresVersion;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackupCompressionRulesTest {
    private static final String UNSUPPORTED = " unsupported by compression algorithm. ";

    private static List<String> problems(
            String client,
            int server,
            String algorithm,
            @Nullable String format,
            @Nullable Integer level,
            @Nullable String location,
            @Nullable Integer workers) {
        return BackupCompressionRules.problems(
                new BackupCompressionConfig(algorithm, format, level, location, workers),
                new ToolVersion(client),
                PostgresVersion.of(server));
    }

    private static List<String> levelProblems(String client, String algorithm, int level) {
        return problems(client, 150018, algorithm, null, level, null, null);
    }

    @ParameterizedTest
    @CsvSource({
        "15.18, gzip, -1",
        "15.18, gzip, 1",
        "15.18, gzip, 9",
        "14.9, gzip, 0",
        "14.9, gzip, -1",
        "15.18, lz4, 0",
        "15.18, lz4, 12",
        "15.18, zstd, -131072",
        "15.18, zstd, 22",
        "15.18, none, 0",
        "14.9, none, 0"
    })
    void levelsUpToTheLimitsAreAllowed(String client, String algorithm, int level) {
        assertThat(levelProblems(client, algorithm, level)).isEmpty();
    }

    @Test
    void levelsBeyondTheLimitsAreNot() {
        String gzip = "gzip expects a compression level between 1 and 9 (-1 will use default compression level).";
        assertThat(levelProblems("15.18", "gzip", 10))
                .containsExactly("backup_compression_level 10" + UNSUPPORTED + gzip);
        assertThat(levelProblems("15.18", "gzip", -2))
                .containsExactly("backup_compression_level -2" + UNSUPPORTED + gzip);
        assertThat(levelProblems("15.18", "gzip", 0))
                .containsExactly("backup_compression_level 0" + UNSUPPORTED + gzip
                        + "\nIf you need to create an archive not compressed, you should set `backup_compression ="
                        + " none`.");
        assertThat(levelProblems("14.9", "gzip", 10))
                .containsExactly("backup_compression_level 10" + UNSUPPORTED
                        + "gzip expects a compression level between -1 and 9 (-1 will use default compression level).");
        for (int level : new int[] {-1, 13}) {
            assertThat(levelProblems("15.18", "lz4", level))
                    .containsExactly(
                            "backup_compression_level " + level + UNSUPPORTED
                                    + "lz4 expects a compression level between 1 and 12 (0 will use default compression level).");
        }
        for (int level : new int[] {-131_073, 23}) {
            assertThat(levelProblems("15.18", "zstd", level))
                    .containsExactly("backup_compression_level " + level + UNSUPPORTED
                            + "'zstd' expects a compression level between -131072 and 22 (3 will use default compression"
                            + " level).");
        }
        for (int level : new int[] {-1, 1}) {
            assertThat(levelProblems("15.18", "none", level))
                    .containsExactly("backup_compression none only supports backup_compression_level 0.");
        }
    }

    @Test
    void plainFilesNeedTheServerToCompress() {
        String start = "backup_compression_format plain is not compatible with backup_compression_location ";
        assertThat(problems("15.18", 150018, "gzip", "plain", null, null, null)).containsExactly(start + "None");
        assertThat(problems("15.18", 150018, "gzip", "plain", null, "client", null))
                .containsExactly(start + "client");
        assertThat(problems("15.18", 150018, "gzip", "plain", null, "server", null))
                .isEmpty();
    }

    @Test
    void newFeaturesNeedNewVersions() {
        assertThat(problems("14.9", 140009, "lz4", "tar", null, "server", null))
                .containsExactly(
                        "backup_compression_location = server requires pg_basebackup 15 or greater",
                        "backup_compression_location = server requires PostgreSQL 15 or greater",
                        "backup_compression = lz4 requires pg_basebackup 15 or greater");
        assertThat(problems("14.9", 140009, "gzip", "tar", null, "client", null))
                .isEmpty();
    }

    @Test
    void workersAreForZstd() {
        String start = "backup_compression_workers is not compatible with compression ";
        assertThat(problems("15.18", 150018, "gzip", null, null, null, 2)).containsExactly(start + "gzip");
        assertThat(problems("15.18", 150018, "lz4", null, null, null, 2)).containsExactly(start + "lz4.");
        assertThat(problems("15.18", 150018, "none", null, null, null, 2)).containsExactly(start + "'none'.");
        assertThat(problems("15.18", 150018, "zstd", null, null, null, 2)).isEmpty();
        assertThat(problems("15.18", 150018, "zstd", null, null, null, -1))
                .containsExactly("backup_compression_workers should be a positive integer: '-1' is invalid.");
    }
}

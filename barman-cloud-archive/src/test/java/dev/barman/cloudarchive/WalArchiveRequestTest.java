// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What tells one archive from another in the record, word for word as the launcher's {@code lib/recorded.sh} says it. */
class WalArchiveRequestTest {
    private static final String BEGIN = "cloud aws-s3 ";
    private static final String END = " ;bucket/path ;server=main";

    private static String destination(Map<String, String> environment, String... options) throws Exception {
        List<String> words = new ArrayList<>(List.of(options));
        words.addAll(List.of("s3://bucket/path", "main", "pg_wal/000000010000000000000003"));
        return WalArchiveRequest.of(CloudWalArchiveMain.parser().parse(words.toArray(new String[0])), environment)
                .destination();
    }

    @Test
    void everySpellingOfTheProfileCountsAndGoesBeforeTheEnvironment() throws Exception {
        String expected = BEGIN + "- ;profile=other" + END;
        for (Map<String, String> environment : List.of(Map.<String, String>of(), Map.of("AWS_PROFILE", "third"))) {
            assertThat(destination(environment, "-P", "other")).isEqualTo(expected);
            assertThat(destination(environment, "-Pother")).isEqualTo(expected);
            assertThat(destination(environment, "--profile", "other")).isEqualTo(expected);
            assertThat(destination(environment, "--profile=other")).isEqualTo(expected);
            assertThat(destination(environment, "--aws-profile", "other")).isEqualTo(expected);
        }
        assertThat(destination(Map.of("AWS_PROFILE", "other"))).isEqualTo(expected);
    }

    @Test
    void profilesConfigurationFilesAndEndpointsAreDifferentArchives() throws Exception {
        List<String> all = List.of(
                destination(Map.of()),
                destination(Map.of(), "-P", "a"),
                destination(Map.of(), "--profile", "b"),
                destination(Map.of(), "--aws-profile", "c"),
                destination(Map.of("AWS_PROFILE", "d")),
                destination(Map.of("AWS_CONFIG_FILE", "/e")),
                destination(Map.of("AWS_CONFIG_FILE", "/e", "AWS_PROFILE", "d")),
                destination(Map.of("AWS_ENDPOINT_URL", "http://f")),
                destination(Map.of("AWS_ENDPOINT_URL_S3", "http://g", "AWS_ENDPOINT_URL", "http://f")));

        assertThat(new HashSet<>(all)).hasSameSizeAs(all);
        assertThat(all)
                .containsExactly(
                        BEGIN + "-" + END,
                        BEGIN + "- ;profile=a" + END,
                        BEGIN + "- ;profile=b" + END,
                        BEGIN + "- ;profile=c" + END,
                        BEGIN + "- ;profile=d" + END,
                        BEGIN + "- ;config=/e" + END,
                        BEGIN + "- ;profile=d ;config=/e" + END,
                        BEGIN + "http://f" + END,
                        BEGIN + "http://g" + END);
    }

    @Test
    void profilesOfAwsSayNothingOfOtherProviders() throws Exception {
        List<String> words = List.of(
                "--cloud-provider",
                "google-cloud-storage",
                "--aws-profile",
                "other",
                "gs://bucket/path",
                "main",
                "pg_wal/000000010000000000000003");
        assertThat(WalArchiveRequest.of(
                                CloudWalArchiveMain.parser().parse(words.toArray(new String[0])),
                                Map.of("AWS_CONFIG_FILE", "/e"))
                        .destination())
                .isEqualTo("cloud google-cloud-storage -" + END);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConnInfoTest {

    private static PostgresEnvironment environment(Path home, Map<String, String> variables) {
        return new PostgresEnvironment(variables, home, "barman", List.of(), List.of());
    }

    @Test
    void plainKeywordsMeanWhatTheReferenceMakesOfThem() {
        assertThat(ConnInfo.parse("host=pg port=5432 user=barman dbname=postgres")
                        .parameters())
                .containsExactly(
                        Map.entry("host", "pg"),
                        Map.entry("port", "5432"),
                        Map.entry("user", "barman"),
                        Map.entry("dbname", "postgres"));
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {
                "password=it's|it's",
                "password='it\\'s'|it's",
                "password='a b'|a b",
                "password=a\\ b|a b",
                "password=a\\\\b|a\\b",
                "password='a\\\\b'|a\\b",
                "password = x|x",
                "  password  =  x  |x",
                "password=''|\"\"",
                "password=a=b|a=b",
                "password=one password=two|two",
                "password='x'user=y|x",
            },
            delimiter = '|')
    void quotingAndEscapesFollowLibpq(String text, String password) {
        assertThat(ConnInfo.parse(text).value("password")).contains(password);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bogus", "host=x bogus", "host='x", "=x", "host", "password=secret oops"})
    void malformedTextIsRefusedWithoutQuotingIt(String text) {
        assertThat(ConnInfo.isValid(text)).isFalse();
        assertThatThrownBy(() -> ConnInfo.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContainingAny("secret", "oops", "bogus");
    }

    @Test
    void uriPartsAreDecoded() {
        assertThat(ConnInfo.parse(
                                "postgresql://us%20er:p%40ss@[::1]:5433,pg2:5434/my%2Fdb?sslmode=require&options=-c%20x%3Dy")
                        .parameters())
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "user", "us er",
                        "password", "p@ss",
                        "host", "::1,pg2",
                        "port", "5433,5434",
                        "dbname", "my/db",
                        "sslmode", "require",
                        "options", "-c x=y"));
    }

    @Test
    void uriPartsMayAllBeAbsent() {
        assertThat(ConnInfo.parse("postgres://").parameters()).isEmpty();
        assertThat(ConnInfo.parse("postgresql:///db").parameters()).containsExactly(Map.entry("dbname", "db"));
        assertThat(ConnInfo.parse("postgresql:///?host=/tmp&port=1&ssl=true").parameters())
                .containsExactlyInAnyOrderEntriesOf(Map.of("host", "/tmp", "port", "1", "sslmode", "require"));
        assertThat(ConnInfo.parse("postgresql://%2Ftmp%2Fsock/db").value("host"))
                .contains("/tmp/sock");
        assertThat(ConnInfo.parse("postgresql://pg1,pg2/db").parameters())
                .containsExactlyInAnyOrderEntriesOf(Map.of("host", "pg1,pg2", "dbname", "db"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "postgresql://[::1",
                "postgresql://[]/x",
                "postgresql://[::1]x",
                "postgresql://u:%zz@h/",
                "postgresql://h/%00",
                "postgresql://h/db?sslmode",
                "postgresql://h/db?a=b=c"
            })
    void malformedUrisAreRefused(String uri) {
        assertThat(ConnInfo.isValid(uri)).isFalse();
    }

    @Test
    void streamingStringIsSortedWithForcedParameters() {
        assertThat(ConnInfo.parse("user=streaming_barman host=localhost port=5432 dbname=x options=-cfoo=bar")
                        .toStreaming()
                        .toDsn())
                .isEqualTo("dbname=replication host=localhost options=-cdatestyle=iso port=5432 replication=true"
                        + " user=streaming_barman");
    }

    @Test
    void toolDsnGetsNameAndOptionsUnlessGiven(@TempDir Path home) {
        PostgresEnvironment environment = environment(home, Map.of());
        assertThat(ConnInfo.parse("host=pg").toToolDsn("barman_x", environment).dsn())
                .isEqualTo("host=pg application_name=barman_x options=-csearch_path=");
        assertThat(ConnInfo.parse("host=pg application_name=mine")
                        .toStreaming()
                        .toToolDsn("barman_x", environment)
                        .dsn())
                .isEqualTo("application_name=mine dbname=replication host=pg options=-cdatestyle=iso replication=true");
    }

    @Test
    void toolDsnCarriesThePasswordInTheEnvironmentOnly(@TempDir Path home) {
        ConnInfo.ToolDsn tool =
                ConnInfo.parse("host=pg password='s e'").toToolDsn("barman_x", environment(home, Map.of()));
        assertThat(tool.dsn()).doesNotContain("s e").doesNotContain("password");
        assertThat(tool.environment()).containsExactly(Map.entry("PGPASSWORD", "s e"));
        assertThat(tool.toString()).doesNotContain("s e");
    }

    @Test
    void passwordGoesBeforeThatOfTheService(@TempDir Path home) throws Exception {
        Files.writeString(home.resolve(".pg_service.conf"), "[svc]\nhost=pg\npassword=fromservice\n");
        ConnInfo.ToolDsn tool =
                ConnInfo.parse("service=svc password=mine").toToolDsn("barman_x", environment(home, Map.of()));
        assertThat(tool.dsn()).isEqualTo("host=pg application_name=barman_x options=-csearch_path=");
        assertThat(tool.environment()).containsExactly(Map.entry("PGPASSWORD", "mine"));
    }

    @Test
    void keyPassphraseCannotGoToATool(@TempDir Path home) {
        assertThatThrownBy(() ->
                        ConnInfo.parse("host=pg sslpassword=topsecret").toToolDsn("x", environment(home, Map.of())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("sslpassword")
                .hasMessageNotContaining("topsecret");
    }

    @Test
    void printedFormHidesSecrets() {
        assertThat(ConnInfo.parse("host=pg password=topsecret sslpassword=topsecret"))
                .hasToString("host=pg password=*REDACTED* sslpassword=*REDACTED*");
    }
}

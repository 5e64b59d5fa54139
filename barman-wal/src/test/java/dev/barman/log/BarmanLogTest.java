// SPDX-License-Identifier: Apache-2.0
package dev.barman.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.helpers.BasicMarkerFactory;

class BarmanLogTest {
    @TempDir
    Path directory;

    private final ByteArrayOutputStream stderr = new ByteArrayOutputStream();
    private final LogOutput output = new LogOutput(new PrintStream(stderr, true, StandardCharsets.UTF_8));
    private final Logger logger = new BarmanLogger("barman.server", output);

    private String stderr() {
        return stderr.toString(StandardCharsets.UTF_8);
    }

    @Test
    void slf4jFindsTheProvider() {
        assertThat(LoggerFactory.getILoggerFactory()).isInstanceOf(BarmanLogProvider.class);
        assertThat(LoggerFactory.getLogger("a")).isSameAs(LoggerFactory.getLogger("a"));
        assertThat(BarmanLog.critical().getName()).isEqualTo("CRITICAL");
    }

    @Test
    void aLineHasTimePidNameAndLevel() {
        output.configure(LogLevel.INFO, null, UnaryOperator.identity());
        logger.warn("text with {} and {}", "one", 2);
        assertThat(stderr())
                .matches("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d,\\d{3} \\["
                        + ProcessHandle.current().pid()
                        + "] barman\\.server WARNING: text with one and 2\n");
    }

    @Test
    void levelsAreNamedAsInPythonAndFiltered() {
        output.configure(LogLevel.WARNING, null, UnaryOperator.identity());
        logger.debug("d");
        logger.info("i");
        logger.warn("w");
        logger.error("e");
        logger.error(new BasicMarkerFactory().getMarker("CRITICAL"), "c");
        assertThat(stderr().lines().map(line -> line.substring(line.indexOf("barman."))))
                .containsExactly("barman.server WARNING: w", "barman.server ERROR: e", "barman.server CRITICAL: c");
        assertThat(logger.isInfoEnabled()).isFalse();
        output.setLevel(LogLevel.DEBUG);
        assertThat(logger.isDebugEnabled()).isTrue();
        assertThat(logger.isTraceEnabled()).isFalse();
        assertThat(output.level()).isEqualTo(LogLevel.DEBUG);
    }

    /** A failed request would be told twice, and by them with more words than one asks for. */
    @Test
    void librariesOfTheCloudsSpeakInDebugRunsOnly() {
        Logger library = new BarmanLogger("com.azure.core.http.HttpClient", output);
        output.configure(LogLevel.INFO, null, UnaryOperator.identity());
        library.error("e");
        library.warn("w");
        assertThat(library.isErrorEnabled()).isFalse();
        assertThat(stderr()).isEmpty();
        output.setLevel(LogLevel.DEBUG);
        library.warn("w");
        library.trace("t");
        assertThat(stderr())
                .endsWith("com.azure.core.http.HttpClient WARNING: w\n")
                .hasLineCount(1);
    }

    @Test
    void aFailureIsFollowedByItsTrace() {
        logger.error("went wrong: {}", "it", new IllegalStateException("password=secret"));
        assertThat(stderr().lines().toList()).satisfies(lines -> {
            assertThat(lines.get(0)).endsWith("barman.server ERROR: went wrong: it");
            assertThat(lines.get(1)).isEqualTo("java.lang.IllegalStateException: password=*REDACTED*");
            assertThat(lines.get(2)).startsWith("\tat ");
        });
    }

    @Test
    void theFileAndItsParentsAreCreatedAndAppendedTo() throws IOException {
        Path file = directory.resolve("a/b/barman.log");
        assertThat(output.configure(LogLevel.INFO, file, UnaryOperator.identity()))
                .isTrue();
        logger.info("one é");
        assertThat(output.configure(LogLevel.INFO, file, UnaryOperator.identity()))
                .isTrue();
        logger.info("two");
        output.close();
        List<String> lines = Files.readAllLines(file);
        assertThat(lines).hasSize(2);
        assertThat(lines.get(0)).endsWith("INFO: one é");
        assertThat(lines.get(1)).endsWith("INFO: two");
        assertThat(stderr()).isEmpty();
    }

    @Test
    void aRotatedFileIsOpenedAnew() throws IOException {
        Path file = directory.resolve("barman.log");
        Path old = directory.resolve("barman.log.1");
        output.configure(LogLevel.INFO, file, UnaryOperator.identity());
        logger.info("one");
        Files.move(file, old);
        logger.info("two");
        Files.delete(file);
        Files.createFile(file);
        logger.info("three");
        output.close();
        assertThat(Files.readString(old)).endsWith("one\n").doesNotContain("two");
        assertThat(Files.readString(file)).endsWith("three\n").doesNotContain("two");
    }

    @Test
    void aFileThatCannotBeOpenedIsReplacedByStandardErrorWithAWarning() throws IOException {
        Path blocked = Files.createFile(directory.resolve("file"));
        assertThat(output.configure(LogLevel.INFO, blocked.resolve("barman.log"), UnaryOperator.identity()))
                .isFalse();
        logger.info("still here");
        assertThat(stderr().lines().toList()).satisfies(lines -> {
            assertThat(lines.get(0))
                    .endsWith("WARNING: Failed opening the requested log file. Using standard error instead.");
            assertThat(lines.get(1)).endsWith("INFO: still here");
        });
    }

    @ParameterizedTest
    @CsvSource({
        "debug,10",
        "Info,20",
        "WARNING,30",
        "warn,30",
        "ERROR,40",
        "critical,50",
        "FATAL,50",
        "NOTSET,20",
        "0,20",
        "15,15",
        "' 30 ',30"
    })
    void configuredLevelsAreNamesOrNumbers(String text, int number) {
        assertThat(LogLevel.parse(text)).contains(new LogLevel(number));
    }

    @Test
    void unknownLevelsAreEmpty() {
        assertThat(LogLevel.parse("LOUD")).isEmpty();
        assertThat(LogLevel.parse("")).isEmpty();
        assertThat(List.of(LogLevel.exactName("debug"), LogLevel.exactName("WARN"), LogLevel.exactName("10")))
                .allMatch(Optional::isEmpty);
        assertThat(LogLevel.exactName("NOTSET")).contains(LogLevel.INFO);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "host=a password=geheim user=b|host=a password=*REDACTED* user=b",
                "host=a password=geheim|host=a password=*REDACTED*",
                "password='with blank\\' x' user=b|password=*REDACTED* user=b",
                "Password=x PASSWORD=y|Password=*REDACTED* PASSWORD=*REDACTED*",
                "postgresql://u:pw@h:5432/db?sslmode=require|postgresql://u:*REDACTED*@h:5432/db?sslmode=require",
                "postgresql://h/db?password=x&user=u|postgresql://h/db?password=*REDACTED*&user=u",
                "see https://example.org:80/a@b|see https://example.org:80/a@b",
                "a://b:c@d and e://f:g@h|a://b:*REDACTED*@d and e://f:*REDACTED*@h",
                "nothing to hide|nothing to hide"
            })
    void passwordsAreRedacted(String text, String expected) {
        // The quotes of CsvSource are ours: only the first sample above needs them inside a value.
        assertThat(SecretRedactor.redact(text)).isEqualTo(expected);
    }

    @Property(tries = 300)
    void theTimeIsThatOfTheCalendar(
            @ForAll @LongRange(min = -62_000_000_000_000L, max = 200_000_000_000_000L) long millis,
            @ForAll @IntRange(min = -43_200_000, max = 50_400_000) int offset) {
        StringBuilder text = new StringBuilder();
        int seconds = offset / 1000 * 1000;
        LogOutput.appendTime(text, millis, seconds);
        LocalDateTime expected =
                LocalDateTime.ofInstant(Instant.ofEpochMilli(millis), ZoneOffset.ofTotalSeconds(seconds / 1000));
        if (expected.getYear() >= 1000) {
            assertThat(text.toString())
                    .isEqualTo(expected.format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss,SSS")));
        }
    }
}

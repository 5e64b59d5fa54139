// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.log.BarmanLog;
import dev.barman.log.LogLevel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.arbitraries.StringArbitrary;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;

class XlogDbProperties {
    @BeforeProperty
    void muteExpectedWarnings() {
        BarmanLog.setLevel(LogLevel.ERROR);
    }

    @AfterProperty
    void unmute() {
        BarmanLog.setLevel(LogLevel.WARNING);
    }

    @Provide
    Arbitrary<WalEntry> entries() {
        StringArbitrary hex = Arbitraries.strings().withChars("0123456789ABCDEFabcdef");
        Arbitrary<String> segments = hex.ofLength(24);
        Arbitrary<String> names = Arbitraries.oneOf(
                segments,
                segments.map(name -> name + ".partial"),
                segments.map(name -> name + ".00000028.backup"),
                hex.ofLength(8).map(name -> name + ".history"));
        return Combinators.combine(
                        names,
                        Arbitraries.longs().between(0, 1L << 40),
                        Arbitraries.doubles().between(0, 4e9),
                        Arbitraries.of("gzip", "zstd", "lz4", "brotli").injectNull(0.3),
                        Arbitraries.of("gpg").injectNull(0.7))
                .as(WalEntry::new);
    }

    @Property(tries = 100)
    void whatIsAppendedIsReadAndFound(@ForAll @Size(max = 30) List<@From("entries") WalEntry> entries)
            throws IOException {
        Path file = Files.createTempFile("xlogdb", ".db");
        try {
            XlogDb index = new XlogDb(file);
            int half = entries.size() / 2;
            index.append(entries.subList(0, half));
            index.append(entries.subList(half, entries.size()));
            assertThat(index.entries()).isEqualTo(entries);
            for (WalEntry entry : entries) {
                assertThat(index.find(entry.name()).orElseThrow().name()).isEqualTo(entry.name());
            }
            List<WalEntry> kept = new ArrayList<>(entries);
            kept.removeIf(entry -> entry.compression() == null);
            index.retain(line -> line.compression() != null);
            assertThat(index.entries()).isEqualTo(kept);
        } finally {
            Files.delete(file);
        }
    }

    @Property(tries = 200)
    void linesReadBack(@ForAll("entries") WalEntry entry) throws XlogDbFormatException {
        assertThat(XlogDbLine.parse(XlogDbLine.format(entry))).isEqualTo(entry);
    }

    @Property(tries = 200)
    void anyTornEndIsHealed(
            @ForAll("entries") WalEntry first, @ForAll("entries") WalEntry second, @ForAll @IntRange(max = 200) int cut)
            throws IOException {
        Path file = Files.createTempFile("xlogdb", ".db");
        try {
            String lines = XlogDbLine.format(first) + '\n' + XlogDbLine.format(second) + '\n';
            int length = Math.min(cut, lines.length());
            Files.writeString(file, lines.substring(0, length));
            XlogDb index = new XlogDb(file);
            int firstEnd = XlogDbLine.format(first).length();
            List<WalEntry> expected = new ArrayList<>();
            if (length >= firstEnd) {
                expected.add(first);
            }
            if (length >= lines.length() - 1) {
                expected.add(second);
            }
            assertThat(index.entries()).isEqualTo(expected);
            index.append(List.of(first));
            expected.add(first);
            assertThat(index.entries()).isEqualTo(expected);
            assertThat(Files.readString(file)).endsWith("\n").doesNotContain("\n\n");
        } finally {
            Files.delete(file);
        }
    }

    @Property(tries = 500)
    void textOfNumbersReadsBackAndIsTheShortest(@ForAll @DoubleRange(min = -1e18, max = 1e18) double value) {
        String text = PythonFloat.repr(value);
        assertThat(Double.parseDouble(text)).isEqualTo(value);
        assertThat(digits(text)).isLessThanOrEqualTo(digits(Double.toString(value)));
        assertThat(Double.parseDouble(PythonFloat.fixed(value))).isEqualTo(value);
    }

    private static int digits(String text) {
        int e = Math.max(text.indexOf('e'), text.indexOf('E'));
        String mantissa = (e < 0 ? text : text.substring(0, e)).replace(".", "").replace("-", "");
        return mantissa.replaceAll("^0+|0+$", "").length();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TimelineHistoryTest {
    private static final TimelineId THREE = TimelineId.of(3);

    @Test
    void everySwitchBecomesAnEntry(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(
                directory.resolve("00000003.history"),
                "# written by hand\n\n1\t0/3000000\tno recovery target specified\n\n  2\tA/82000168\tbefore 2026-11-20\r\n");
        assertThat(TimelineHistory.parse(file, THREE))
                .containsExactly(
                        new TimelineHistory.Entry(
                                THREE, TimelineId.of(1), Lsn.parse("0/3000000"), "no recovery target specified"),
                        new TimelineHistory.Entry(
                                THREE, TimelineId.of(2), Lsn.parse("A/82000168"), "before 2026-11-20"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\n#only a remark\n",
                "1\t0/3000000\n",
                "1\t0/3000000\t\n",
                "1 0/3000000 reason\n",
                "1\t0/3000000\ta\tb\n",
                "x\t0/3000000\treason\n",
                "1\t3000000\treason\n",
                "1\t0/3000000\treason\nrubbish\n",
                "\u0085\u0001\u008c\u0003\u00ff\u0000encrypted"
            })
    void otherContentIsAnErrorThatNamesTheFile(String content) {
        assertThatThrownBy(() -> parse(content))
                .isInstanceOf(HistoryFormatException.class)
                .hasMessageStartingWith("BadHistoryFileContents:wals/00000003.history");
    }

    private static List<TimelineHistory.Entry> parse(String content) throws IOException {
        return TimelineHistory.parse(
                new ByteArrayInputStream(content.getBytes(StandardCharsets.ISO_8859_1)),
                THREE,
                "wals/00000003.history");
    }
}

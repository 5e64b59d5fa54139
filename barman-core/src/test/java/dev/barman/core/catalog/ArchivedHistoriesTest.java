// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.core.BarmanException;
import dev.barman.storage.local.LocalWalStorage;
import dev.barman.wal.Lsn;
import dev.barman.wal.TimelineId;
import dev.barman.wal.catalog.LockedXlogDb;
import dev.barman.wal.catalog.XlogDb;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArchivedHistoriesTest {
    private static final TimelineId ONE = TimelineId.of(1);

    @TempDir
    private Path wals;

    @Test
    void childrenLeftAtOrBehindThePosition() throws Exception {
        history(2, "1\t0/5000000\treason\n");
        history(3, "1\t0/5000000\treason\n2\t0/7000000\treason\n");
        history(4, "1\t0/3000000\treason\n");

        assertThat(children("0/4000000")).containsExactly(2L, 3L);
        assertThat(children("0/5000000")).containsExactly(2L, 3L);
        assertThat(children("0/5000001")).isEmpty();
        assertThat(children("0/1000000")).containsExactly(2L, 3L, 4L);
    }

    @Test
    void searchEndsAtTheFirstMissingNumber() throws Exception {
        history(2, "1\t0/5000000\treason\n");
        history(4, "1\t0/5000000\treason\n");

        assertThat(children("0/1000000")).containsExactly(2L);
    }

    @Test
    void compressedHistoriesAreRead() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write("1\t0/5000000\treason\n".getBytes(UTF_8));
        }
        Files.write(wals.resolve("00000002.history"), bytes.toByteArray());

        assertThat(children("0/1000000")).containsExactly(2L);
    }

    @Test
    void encryptedHistoriesAreSteppedOver_hazardDecodingError() throws Exception {
        Files.write(wals.resolve("00000002.history"), new byte[] {(byte) 0x85, 1, 0x0c, 3, 9, 9, 9, 9, 9, 9, 9, 9});
        history(3, "1\t0/5000000\treason\n");

        assertThat(children("0/1000000")).containsExactly(3L);
    }

    @Test
    void damagedHistoryIsAnErrorThatNamesTheFile() throws Exception {
        history(2, "nonsense\n");

        assertThatThrownBy(() -> children("0/1000000"))
                .isInstanceOf(BarmanException.class)
                .hasMessageContaining(wals.resolve("00000002.history").toString());
    }

    private List<Long> children(String position) throws BarmanException {
        return new ArchivedHistories(
                        LocalWalStorage.in(
                                        wals,
                                        new LockedXlogDb(
                                                new XlogDb(wals.resolve("main-xlog.db")), wals.resolve(".lock")))
                                .build(),
                        null)
                .childrenOf(ONE, Lsn.parse(position)).stream()
                        .map(TimelineId::value)
                        .toList();
    }

    private void history(long timeline, String content) throws IOException {
        Files.writeString(wals.resolve(TimelineId.of(timeline).hex() + ".history"), content);
    }
}

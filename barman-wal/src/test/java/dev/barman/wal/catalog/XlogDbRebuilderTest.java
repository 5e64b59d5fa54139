// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class XlogDbRebuilderTest {
    private static final String T1 = "0000000100000000";
    private static final String T2 = "0000000200000000";
    private static final Instant TIME = Instant.ofEpochSecond(1795173362, 581037800);

    @TempDir
    Path wals;

    private final List<String> warnings = new ArrayList<>();
    private Path file;
    private XlogDb index;

    @BeforeEach
    void setUp() {
        file = wals.resolve("main-xlog.db");
        index = new XlogDb(file);
    }

    @Test
    void segmentsLabelsAndHistoriesAreIndexedInOrder() throws IOException {
        store(T1 + "/000000010000000000000002", "12345");
        store(T1 + "/000000010000000000000001", "1");
        store(T1 + "/000000010000000000000001.00000028.backup", "label");
        store("00000002.history", "history");
        store(T2 + "/000000020000000000000002", "encrypted");
        store("odd name/00000001000000000000000a", "compressed");
        store(T2 + "/.keep", "");

        XlogDbRebuilder.Result result = rebuilder().rebuild();

        assertThat(result).isEqualTo(new XlogDbRebuilder.Result(1, 1, 4));
        assertThat(file)
                .hasContent("000000010000000000000001\t1\t1795173362.5810378\tNone\tNone\n"
                        + "000000010000000000000001.00000028.backup\t5\t1795173362.5810378\tNone\tNone\n"
                        + "000000010000000000000002\t5\t1795173362.5810378\tNone\tNone\n"
                        + "00000002.history\t7\t1795173362.5810378\tNone\tNone\n"
                        + "000000020000000000000002\t9\t1795173362.5810378\tNone\tgpg\n"
                        + "00000001000000000000000a\t10\t1795173362.5810378\tzstd\tNone\n");
        assertThat(warnings)
                .containsExactly("unexpected file found rebuilding the wal database: " + wals.resolve(T2 + "/.keep"));
    }

    @Test
    void everythingElseIsReportedAndNotIndexed() throws IOException {
        store(T1 + "/000000010000000000000001.partial", "");
        store(T1 + "/000000010000000000000001.tmp", "");
        store(T1 + "/00000002.history", "");
        store(T1 + "/000000010000000000000001.gz", "");
        Files.createDirectories(wals.resolve(T1 + "/000000010000000000000002"));
        store("000000010000000000000001", "in the root");
        store("sync-wals.info", "");
        store("main-xlog.db.old", "");

        assertThat(rebuilder().rebuild()).isEqualTo(new XlogDbRebuilder.Result(0, 0, 0));

        assertThat(file).isEmptyFile();
        assertThat(warnings)
                .containsExactly(
                        unexpected("file", T1 + "/000000010000000000000001.gz"),
                        unexpected("file", T1 + "/000000010000000000000001.partial"),
                        "temporary file found rebuilding the wal database: "
                                + wals.resolve(T1 + "/000000010000000000000001.tmp"),
                        unexpected("directory", T1 + "/000000010000000000000002"),
                        unexpected("file", T1 + "/00000002.history"),
                        unexpected("file", "000000010000000000000001"),
                        unexpected("file", "sync-wals.info"));
    }

    private String unexpected(String what, String path) {
        return "unexpected " + what + " found rebuilding the wal database: " + wals.resolve(path);
    }

    @Test
    void theIndexOfOlderVersionsGivesWayOnceTheNewOneIsThere() throws IOException {
        store("xlog.db", "000000010000000000000009\t1\t1.0\tgzip\n");
        store(T1 + "/000000010000000000000001", "1");
        rebuilder().rebuild();
        assertThat(wals.resolve("xlog.db")).doesNotExist();
        assertThat(index.entries()).extracting(WalEntry::name).containsExactly("000000010000000000000001");
        assertThat(warnings).isEmpty();
    }

    @Test
    void anOldIndexBesideANewOneStays() throws IOException {
        store("xlog.db", "old");
        store("main-xlog.db", "");
        rebuilder().rebuild();
        assertThat(wals.resolve("xlog.db")).hasContent("old");
    }

    @Test
    void aFailureLeavesBothIndexesAsTheyWere() throws IOException {
        store("main-xlog.db", "000000010000000000000009\t1\t1.0\tgzip\n");
        store(T1 + "/000000010000000000000001", "1");
        XlogDbRebuilder failing = new XlogDbRebuilder(
                index,
                wals,
                path -> {
                    throw new AccessDeniedException(path.toString());
                },
                path -> null,
                warnings::add);
        assertThatThrownBy(failing::rebuild).isInstanceOf(AccessDeniedException.class);
        assertThat(file).hasContent("000000010000000000000009\t1\t1.0\tgzip\n");
        try (var entries = Files.list(wals)) {
            assertThat(entries).hasSize(2);
        }
    }

    @Test
    void aFileThatVanishesIsLeftOut() throws IOException {
        store(T1 + "/000000010000000000000001", "1");
        store(T1 + "/000000010000000000000002", "2");
        XlogDbRebuilder rebuilder = new XlogDbRebuilder(
                index,
                wals,
                path -> {
                    if (path.endsWith("000000010000000000000001")) {
                        Files.delete(path);
                        Files.size(path);
                    }
                    return null;
                },
                path -> null,
                warnings::add);
        assertThat(rebuilder.rebuild()).isEqualTo(new XlogDbRebuilder.Result(0, 0, 1));
        assertThat(warnings).hasSize(1);
    }

    @Test
    void theIndexMayLieElsewhereAndTheArchiveBeMissing() throws IOException {
        XlogDb elsewhere = new XlogDb(wals.resolve("index/deep/main-xlog.db"));
        new XlogDbRebuilder(elsewhere, wals.resolve("none"), path -> null, path -> null, warnings::add).rebuild();
        assertThat(elsewhere.exists()).isTrue();
        assertThat(elsewhere.entries()).isEmpty();
    }

    @Test
    void aLockedIndexIsBuiltOnFirstAccessAndOnlyThen() throws IOException {
        store(T1 + "/000000010000000000000001", "1");
        LockedXlogDb locked = new LockedXlogDb(
                index, wals.resolve(".main-xlogdb.lock"), () -> rebuilder().rebuild());
        locked.prepare();
        assertThat(index.entries()).hasSize(1);
        store(T1 + "/000000010000000000000002", "2");
        locked.prepare();
        assertThat(locked.<List<WalEntry>>read(XlogDb::entries)).hasSize(1);
        assertThat(locked.rebuild()).isEqualTo(new XlogDbRebuilder.Result(0, 0, 2));
        assertThat(locked.<List<WalEntry>>read(XlogDb::entries)).hasSize(2);
        Files.delete(file);
        assertThat(locked.<List<WalEntry>>write(XlogDb::entries)).hasSize(2);
    }

    private XlogDbRebuilder rebuilder() {
        return new XlogDbRebuilder(
                index,
                wals,
                path -> Files.readString(path).equals("compressed") ? "zstd" : null,
                path -> Files.readString(path).equals("encrypted") ? "gpg" : null,
                warnings::add);
    }

    private void store(String path, String content) throws IOException {
        Path stored = wals.resolve(path);
        Files.createDirectories(stored.getParent());
        Files.writeString(stored, content);
        Files.setLastModifiedTime(stored, FileTime.from(TIME));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.core.BarmanException;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.signal.TerminationSignals;
import dev.barman.object.MemoryObjectStore;
import dev.barman.object.ObjectKey;
import dev.barman.storage.cloud.CloudLocation;
import dev.barman.storage.cloud.CloudProvider;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BackupTreeWriterTest {
    private static final BackupId ID = BackupId.of("20261101T100000");
    private static final String BASE = "p/main/base/" + ID + "/";
    private static final BackupExclusions LIVE = BackupExclusions.ofDataDirectory(true);

    @TempDir
    Path root;

    private final MemoryObjectStore store = new MemoryObjectStore();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final CloudLog log = new CloudLog(new PrintStream(err, true), CloudLog.Level.WARNING, Clock.systemUTC());
    private BackupGuard guard = () -> {};
    private BackupTreeWriter.Source source = BackupTreeWriter.Source.LIVE;

    /** What to put into the archive {@code data}. */
    private interface Work {
        void run(BackupTreeWriter tree, BackupArchiveWriter archive) throws IOException, BarmanException;
    }

    private CloudBackupUpload upload(long maxArchiveBytes) {
        BackupKeys keys = new BackupKeys(CloudLocation.parse(CloudBucket.URL, CloudProvider.AWS_S3), "main");
        UploadOptions options = new UploadOptions(null, 2, maxArchiveBytes, 10_000, 10_000, 0, Map.of("k", "v"));
        return new CloudBackupUpload(store, keys, ID, options, false, TerminationSignals.none());
    }

    private void write(long maxArchiveBytes, Work work) throws IOException, BarmanException {
        try (CloudBackupUpload upload = upload(maxArchiveBytes)) {
            BackupArchiveWriter archive = upload.archive("data");
            work.run(new BackupTreeWriter(source, () -> guard.check(), log), archive);
            archive.finish();
            upload.complete();
        }
    }

    private List<String> keys() throws IOException {
        return store.listAll("").stream().map(object -> object.key().value()).toList();
    }

    /** Entries of an object by name, in their order. */
    private Map<String, TarArchiveEntry> entries(String key) throws IOException {
        Map<String, TarArchiveEntry> entries = new LinkedHashMap<>();
        try (TarArchiveInputStream in = new TarArchiveInputStream(store.open(ObjectKey.of(key)))) {
            for (TarArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                entries.put(entry.getName(), entry);
            }
        }
        return entries;
    }

    private byte[] content(String key, String name) throws IOException {
        try (TarArchiveInputStream in = new TarArchiveInputStream(store.open(ObjectKey.of(key)))) {
            for (TarArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                if (entry.getName().equals(name)) {
                    return in.readAllBytes();
                }
            }
        }
        throw new IOException("no entry " + name);
    }

    private Path file(String name, int size) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        byte[] content = new byte[size];
        Arrays.fill(content, (byte) 'x');
        return Files.write(file, content);
    }

    @Test
    void namesAndOrderAreThoseOfTheOriginal() throws Exception {
        file("PG_VERSION", 3);
        file("base/5/16384", 8192);
        file("base/1", 0);
        file("pg_wal/000000010000000000000001", 10);
        file("log/sub/deep/f", 1);
        file("global/pg_control", 8192);
        file("global/1262", 8192);
        file("backup_label", 10);
        Path extern = file("elsewhere.conf", 4);
        Files.move(extern, root.resolveSibling(root.getFileName() + ".conf"));
        Files.createSymbolicLink(root.resolve("base/link"), Path.of("5/16384"));
        Files.setPosixFilePermissions(root.resolve("base/5/16384"), PosixFilePermissions.fromString("rw-r-----"));
        FileTime modified = FileTime.from(Instant.parse("2026-11-01T09:00:00.123456Z"));
        Files.setLastModifiedTime(root.resolve("base/5/16384"), modified);

        write(1 << 30, (tree, archive) -> {
            tree.addData(archive, root, LIVE);
            tree.addFile(archive, root.resolve("global/pg_control"), "global/pg_control");
            tree.addFile(archive, root.resolveSibling(root.getFileName() + ".conf"), "postgresql.conf");
            tree.addText(archive, "backup_label", "START\n", root);
        });
        Files.delete(root.resolveSibling(root.getFileName() + ".conf"));

        Map<String, TarArchiveEntry> entries = entries(BASE + "data.tar");
        assertThat(entries.keySet())
                .containsExactly(
                        "./",
                        "./PG_VERSION",
                        "base/",
                        "base/1",
                        "base/link",
                        "base/5/",
                        "base/5/16384",
                        "global/",
                        "global/1262",
                        "log/",
                        "pg_wal/",
                        "global/pg_control",
                        "postgresql.conf",
                        "backup_label");
        TarArchiveEntry table = entries.get("base/5/16384");
        assertThat(table.getMode() & 0777).isEqualTo(0640);
        assertThat(table.getLastModifiedTime()).isEqualTo(modified);
        assertThat(table.getLongUserId()).isEqualTo(((Integer) Files.getAttribute(root, "unix:uid")).longValue());
        assertThat(table.getUserName()).isEqualTo(Files.getOwner(root).getName());
        assertThat(entries.get("base/link").getLinkName()).isEqualTo("5/16384");
        assertThat(entries.get("backup_label").getMode() & 0777).isEqualTo(0600);
        assertThat(entries.get("backup_label").getLongUserId())
                .isEqualTo(entries.get("./").getLongUserId());
        assertThat(content(BASE + "data.tar", "backup_label")).isEqualTo("START\n".getBytes(StandardCharsets.UTF_8));
        assertThat(store.tags(ObjectKey.of(BASE + "data.tar"))).containsExactly(Map.entry("k", "v"));
    }

    @Test
    void aLargeArchiveIsSplitBeforeAnEntryAndEveryPartIsComplete() throws Exception {
        file("a", 5_000);
        file("b", 50_000);
        file("c", 100);
        file("d", 100);
        file("sub/e", 30_000);

        write(20_000, (tree, archive) -> tree.addData(archive, root, LIVE));

        assertThat(keys()).containsExactly(BASE + "data.tar", BASE + "data_0001.tar");
        List<String> names = new ArrayList<>();
        for (String key : keys()) {
            names.addAll(entries(key).keySet());
        }
        // The first has the entry that makes it too large, which is never divided.
        assertThat(entries(BASE + "data.tar").keySet()).containsExactly("./", "./a", "./b");
        assertThat(entries(BASE + "data_0001.tar").keySet()).containsExactly("./", "./c", "./d", "sub/", "sub/e");
        assertThat(names).containsExactly("./", "./a", "./b", "./", "./c", "./d", "sub/", "sub/e");
    }

    @Test
    void aTablespaceHasOnlyTheDirectoriesOfItsVersionAndNoRoot() throws Exception {
        file("PG_15_202209061/5/16385", 100);
        file("PG_15_202209061/5/t2_16386", 100);
        file("PG_15_202209061/pgsql_tmp/pgsql_tmp1.0", 100);
        file("PG_14_202107181/5/16385", 100);
        file("PG_15_file", 100);
        file("other/f", 1);

        write(1 << 30, (tree, archive) -> tree.addTablespace(archive, root, "15"));

        assertThat(entries(BASE + "data.tar").keySet())
                .containsExactly("PG_15_202209061/", "PG_15_202209061/5/", "PG_15_202209061/5/16385");
    }

    @Test
    void anEmptyTablespaceIsAnArchiveToo() throws Exception {
        write(1 << 30, (tree, archive) -> tree.addTablespace(archive, root, "15"));

        assertThat(keys()).containsExactly(BASE + "data.tar");
        assertThat(entries(BASE + "data.tar")).isEmpty();
    }

    @Test
    void whatVanishesIsLeftOut() throws Exception {
        file("a", 10);
        file("b", 10);
        file("dir/c", 10);
        file("z", 10);
        int[] checks = new int[1];
        guard = () -> {
            if (checks[0]++ == 0) {
                delete(root.resolve("b"));
                delete(root.resolve("dir/c"));
                delete(root.resolve("dir"));
            }
        };

        write(1 << 30, (tree, archive) -> tree.addData(archive, root, LIVE));

        assertThat(entries(BASE + "data.tar").keySet()).containsExactly("./", "./a", "./z");
    }

    @Test
    void whatVanishesFromAFinishedCopyIsMissed() throws Exception {
        source = BackupTreeWriter.Source.FINISHED;
        file("a", 10);
        file("b", 10);
        file("dir/c", 600_000);
        for (String name : List.of("b", "dir")) {
            int[] checks = new int[1];
            guard = () -> {
                if (checks[0]++ == 0) {
                    if (name.equals("dir")) {
                        delete(root.resolve("dir/c"));
                    }
                    delete(root.resolve(name));
                }
            };
            assertThatThrownBy(() -> write(1 << 30, (tree, archive) -> tree.addData(archive, root, LIVE)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(root.resolve(name).toString());
            assertThat(keys()).isEmpty();
            file("b", 10);
        }
        guard = () -> {};
        assertThatThrownBy(() ->
                        write(1 << 30, (tree, archive) -> tree.addTablespace(archive, root.resolve("16385"), "15")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("vanished");
        assertThat(keys()).isEmpty();
    }

    private static void delete(Path path) {
        try {
            Files.delete(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aFileThatShrinksIsFilledUpAndOneThatGrowsIsCut() throws Exception {
        int size = 600_000;
        Path growing = file("grows", size);
        Path shrinking = file("shrinks", size);
        int[] checks = new int[1];
        // Three pieces of each file, and one check before the file itself.
        guard = () -> {
            try {
                checks[0]++;
                if (checks[0] == 3) {
                    Files.write(growing, new byte[5000], StandardOpenOption.APPEND);
                } else if (checks[0] == 7) {
                    Files.write(shrinking, new byte[] {'y'}, StandardOpenOption.TRUNCATE_EXISTING);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };

        write(1 << 30, (tree, archive) -> tree.addData(archive, root, LIVE));

        assertThat(content(BASE + "data.tar", "./grows")).hasSize(size);
        byte[] filled = content(BASE + "data.tar", "./shrinks");
        assertThat(filled).hasSize(size);
        assertThat(filled[0]).isEqualTo((byte) 'x');
        assertThat(filled[size - 1]).as("what is gone").isZero();
    }

    @Test
    void linksToDirectoriesAreLeftOutWithAWarning() throws Exception {
        Path elsewhere = Files.createDirectory(root.resolve("real"));
        Files.createSymbolicLink(root.resolve("unexpected"), elsewhere);
        Files.createSymbolicLink(root.resolve("expected"), elsewhere);

        write(1 << 30, (tree, archive) -> {
            tree.expectLink(root.resolve("expected"));
            tree.addData(archive, root, LIVE);
        });

        assertThat(entries(BASE + "data.tar").keySet()).containsExactly("./", "real/");
        assertThat(err.toString(StandardCharsets.UTF_8))
                .contains("The symbolic link " + root.resolve("unexpected"))
                .hasLineCount(1);
    }

    @Test
    void specialFilesAreLeftOutAndForeignNamesKept() throws Exception {
        Path file = file("\u00e9", 1);
        assertThat(new ProcessBuilder("mkfifo", root.resolve("pipe").toString())
                        .start()
                        .waitFor())
                .isZero();
        assertThat(new ProcessBuilder("sh", "-c", "touch \"$(printf 'bad\\377')\"")
                        .directory(root.toFile())
                        .start()
                        .waitFor())
                .isZero();

        write(1 << 30, (tree, archive) -> tree.addData(archive, root, LIVE));

        assertThat(entries(BASE + "data.tar").keySet()).containsExactly("./", "./\u00e9");
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("is not in UTF-8: it is not in the backup");
        Files.delete(file);
        try (Stream<Path> rest = Files.list(root)) {
            rest.forEach(BackupTreeWriterTest::delete);
        }
    }

    @Test
    void afterAFailureNothingRemains() throws Exception {
        file("a", 100_000);
        file("b", 100_000);
        guard = () -> {
            if (err.size() > 0) {
                throw new BarmanException("enough");
            }
        };

        assertThatThrownBy(() -> write(1000, (tree, archive) -> {
                    tree.addFile(archive, root.resolve("a"), "a");
                    err.write(1);
                    tree.addFile(archive, root.resolve("b"), "b");
                }))
                .hasMessage("enough");

        assertThat(keys()).isEmpty();
    }
}

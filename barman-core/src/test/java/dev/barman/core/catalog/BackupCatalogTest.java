// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.core.BarmanException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BackupCatalogTest {
    private static final BackupId A = BackupId.of("20261120T100000");
    private static final BackupId B = BackupId.of("20261120T110000");
    private static final BackupId C = BackupId.of("20261120T120000");
    private static final BackupId D = BackupId.of("20261120T130000");

    @TempDir
    private Path server;

    private BackupCatalog catalog() {
        return new BackupCatalog("main", "postgres", base(), meta());
    }

    private Path base() {
        return server.resolve("base");
    }

    private Path meta() {
        return server.resolve("meta");
    }

    @Test
    void missingDirectoriesAreAnEmptyCatalogue() throws Exception {
        assertThat(catalog().load().all()).isEmpty();
        assertThat(catalog().ids()).isEmpty();
        assertThat(catalog().find(A)).isEmpty();
        assertThat(catalog().resolve("latest")).isEmpty();
    }

    @Test
    void savedBackupIsReadBackAndNothingElseIsLeftBehind() throws Exception {
        BackupInfo info = backup(A, BackupStatus.DONE).backupName("n").size(5L).build();

        catalog().save(info);
        catalog().save(info);

        assertThat(catalog().find(A)).contains(info);
        assertThat(catalog().load().all()).containsExactly(info);
        assertThat(files(meta())).containsExactly(A + "-backup.info");
        assertThat(catalog().infoFile(A)).isEqualTo(meta().resolve(A + "-backup.info"));
    }

    @Test
    void oldPlaceIsReadAndTheNewOneWins() throws Exception {
        write(base().resolve(A + "/backup.info"), "size=1\nstatus=DONE\n");
        write(base().resolve(B + "/backup.info"), "size=1\nstatus=DONE\n");
        write(meta().resolve(B + "-backup.info"), "size=2\nstatus=DONE\n");

        assertThat(catalog().load().all()).extracting(BackupInfo::size).containsExactly(1L, 2L);
        assertThat(catalog().find(A)).get().extracting(BackupInfo::size).isEqualTo(1L);
        assertThat(catalog().infoFile(A)).isEqualTo(base().resolve(A + "/backup.info"));
        assertThat(catalog().ids()).containsExactly(A, B);
    }

    @Test
    void savingABackupOfTheOldPlaceKeepsTheOldFile() throws Exception {
        write(base().resolve(A + "/backup.info"), "size=1\nstatus=DONE\n");

        catalog().save(catalog().find(A).orElseThrow().toBuilder().size(9L).build());

        assertThat(base().resolve(A + "/backup.info")).hasContent("size=1\nstatus=DONE");
        assertThat(catalog().find(A)).get().extracting(BackupInfo::size).isEqualTo(9L);
    }

    @Test
    void removingTakesBothFilesAndNothingElse() throws Exception {
        write(base().resolve(A + "/backup.info"), "size=1\n");
        write(base().resolve(A + "/data/PG_VERSION"), "15\n");
        write(meta().resolve(A + "-backup.info"), "size=2\n");
        write(meta().resolve(B + "-backup.info"), "size=2\n");

        catalog().remove(A);
        catalog().remove(A);

        assertThat(files(server)).containsExactly("base/" + A + "/data/PG_VERSION", "meta/" + B + "-backup.info");
    }

    @Test
    void otherFilesAreNoBackups() throws Exception {
        write(meta().resolve(A + "-keep"), "full");
        write(meta().resolve(A + "-backup.info.1a2b.tmp"), "torn");
        write(meta().resolve("-backup.info"), "torn");
        write(meta().resolve(".hidden-backup.info"), "torn");
        write(base().resolve(A + "/data/backup.info"), "torn");

        assertThat(catalog().load().all()).isEmpty();
    }

    @Test
    void backupMovedAsideStillCounts() throws Exception {
        write(base().resolve("20261120T100000.old/backup.info"), "status=DONE\n");

        assertThat(catalog().load().all())
                .extracting(BackupInfo::id)
                .containsExactly(BackupId.of("20261120T100000.old"));
    }

    @Test
    void unknownFieldsOfNewerReleasesBlockNothing_hazardWholeCatalogueUnreadable() throws Exception {
        write(meta().resolve(A + "-backup.info"), "gp_dbid=7\nstatus=DONE\n");

        BackupInfo read = catalog().load().all().get(0);
        catalog().save(read);

        assertThat(read.unknownFields()).isEqualTo(Map.of("gp_dbid", "7"));
        assertThat(Files.readString(meta().resolve(A + "-backup.info"))).contains("\ngp_dbid=7\n");
    }

    @Test
    void damagedMetadataIsAnErrorThatNamesTheFile() throws Exception {
        write(meta().resolve(A + "-backup.info"), "size=much\n");

        assertThatThrownBy(() -> catalog().load())
                .isInstanceOf(BarmanException.class)
                .hasMessageContaining(meta().resolve(A + "-backup.info").toString())
                .hasMessageContaining("size");
    }

    @ParameterizedTest
    @CsvSource({
        "latest, 20261120T120000",
        "last, 20261120T120000",
        "oldest, 20261120T100000",
        "first, 20261120T100000",
        "last-failed, 20261120T130000",
        "latest-full, 20261120T110000",
        "last-full, 20261120T110000",
        "20261120T130000, 20261120T130000",
        "weekly, 20261120T110000",
        "fail, 20261120T100000",
    })
    void wordsMeanBackups(String word, String id) throws Exception {
        save(
                backup(A, BackupStatus.DONE).backupName("fail"),
                backup(B, BackupStatus.WAITING_FOR_WALS).backupName("weekly"),
                backup(C, BackupStatus.DONE).parentBackupId(B),
                backup(D, BackupStatus.FAILED).backupName("broken"));

        assertThat(catalog().resolve(word)).get().extracting(BackupInfo::id).isEqualTo(BackupId.of(id));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "-", "ast", "auto", "broken", "20200101T000000", "nothing"})
    void otherWordsMeanNothing(String word) throws Exception {
        save(backup(A, BackupStatus.DONE), backup(D, BackupStatus.FAILED).backupName("broken"));

        assertThat(catalog().resolve(word)).isEmpty();
    }

    @Test
    void nameOfTwoBackupsIsAmbiguous() {
        assertThatThrownBy(() -> {
                    save(
                            backup(A, BackupStatus.DONE).backupName("n"),
                            backup(B, BackupStatus.DONE).backupName("n"),
                            backup(C, BackupStatus.FAILED).backupName("n"));
                    catalog().resolve("n");
                })
                .isInstanceOf(BarmanException.class)
                .hasMessage("Multiple backups found matching name 'n' (try using backup ID instead):"
                        + " 20261120T100000 20261120T110000");
    }

    @Test
    void neighboursAreCopiedBackups() throws Exception {
        save(
                backup(A, BackupStatus.DONE),
                backup(B, BackupStatus.FAILED),
                backup(C, BackupStatus.STARTED),
                backup(D, BackupStatus.WAITING_FOR_WALS));
        BackupCatalog catalog = catalog();

        assertThat(catalog.previous(A)).isEmpty();
        assertThat(catalog.next(A)).get().extracting(BackupInfo::id).isEqualTo(D);
        assertThat(catalog.previous(C)).get().extracting(BackupInfo::id).isEqualTo(A);
        assertThat(catalog.previous(D)).get().extracting(BackupInfo::id).isEqualTo(A);
        assertThat(catalog.next(D)).isEmpty();
        assertThat(catalog.backups(BackupStatus::isArchiving))
                .extracting(BackupInfo::id)
                .containsExactly(A, C, D);
    }

    @Test
    void familiesAreFoundFromBothSides() throws Exception {
        BackupInfo root =
                backup(A, BackupStatus.DONE).childrenBackupIds(List.of(C)).build();
        BackupInfo forgotten = backup(B, BackupStatus.DONE).parentBackupId(A).build();
        BackupInfo child = backup(C, BackupStatus.DONE)
                .parentBackupId(A)
                .childrenBackupIds(List.of(D, A))
                .build();
        BackupInfo grandchild = backup(D, BackupStatus.FAILED).parentBackupId(C).build();
        Backups backups = new Backups(List.of(root, forgotten, child, grandchild));

        assertThat(backups.children(root)).containsExactly(child, forgotten);
        assertThat(backups.leavesFirst(root)).containsExactly(grandchild, child, forgotten, root);
        assertThat(backups.chain(grandchild)).containsExactly(grandchild, child, root);
        assertThat(backups.redundancy()).isEqualTo(1);
    }

    @Test
    void idsAreAboveEveryDirectoryEvenWithoutMetadata() throws Exception {
        Files.createDirectories(base().resolve(D.value()));
        save(backup(C, BackupStatus.DONE));

        assertThat(catalog().newId(Clock.fixed(Instant.parse("2026-11-20T11:30:00Z"), ZoneOffset.UTC)))
                .isEqualTo(BackupId.of("20261120T130001"));
    }

    @Test
    void orphansHaveMetadataOnly() throws Exception {
        save(backup(A, BackupStatus.DONE), backup(B, BackupStatus.DONE), backup(C, BackupStatus.EMPTY));
        write(base().resolve(A + "/data/PG_VERSION"), "15\n");
        write(base().resolve(D + "/backup.info"), "status=DONE\n");
        Backups backups = catalog().load();

        for (BackupInfo backup : backups) {
            assertThat(catalog().isOrphan(backup))
                    .as(backup.toString())
                    .isEqualTo(backup.id().equals(B) || backup.id().equals(D));
        }
    }

    @Test
    void directoriesOfBothLayouts() throws Exception {
        Files.createDirectories(base().resolve(A + "/pgdata"));

        assertThat(catalog().dataDirectory(A)).isEqualTo(base().resolve(A + "/pgdata"));
        assertThat(catalog().tablespaceDirectory(A, 5)).isEqualTo(base().resolve(A + "/pgdata/pg_tblspc/5"));
        assertThat(catalog().dataDirectory(B)).isEqualTo(base().resolve(B + "/data"));
        assertThat(catalog().tablespaceDirectory(B, 5)).isEqualTo(base().resolve(B + "/5"));
    }

    @Test
    void keepRequestsAreWrittenReadAndReleased() throws Exception {
        KeepAnnotation keep = catalog().keepAnnotation();

        keep.keep(A, KeepTarget.STANDALONE);
        assertThat(meta().resolve(A + "-keep")).hasContent("standalone");
        assertThat(keep.target(A)).contains(KeepTarget.STANDALONE);
        keep.keep(A, KeepTarget.FULL);
        assertThat(Files.readString(meta().resolve(A + "-keep"))).isEqualTo("full");
        assertThat(keep.targets(new Backups(List.of(
                        backup(A, BackupStatus.DONE).build(),
                        backup(B, BackupStatus.DONE).build()))))
                .isEqualTo(Map.of(A, KeepTarget.FULL));
        keep.release(A);
        keep.release(A);
        assertThat(keep.text(A)).isEmpty();
        assertThat(files(meta())).isEmpty();
    }

    @Test
    void keepRequestOfTheOldPlaceMovesToTheNewOne() throws Exception {
        write(base().resolve(A + "/annotations/keep"), "standalone");

        assertThat(catalog().keepAnnotation().target(A)).contains(KeepTarget.STANDALONE);

        assertThat(files(server)).containsExactly("meta/" + A + "-keep");
    }

    @Test
    void releaseReachesTheOldPlaceToo() throws Exception {
        write(base().resolve(A + "/annotations/keep"), "full");

        catalog().keepAnnotation().release(A);

        assertThat(files(server)).isEmpty();
    }

    @Test
    void textsOfKeepRequestsThatBarmanDoesNotWrite() throws Exception {
        write(meta().resolve(A + "-keep"), "");
        write(meta().resolve(B + "-keep"), "forever");
        KeepAnnotation keep = catalog().keepAnnotation();

        assertThat(keep.text(A)).isEqualTo(Optional.of(""));
        assertThat(keep.target(A)).isEmpty();
        assertThat(keep.target(B)).contains(KeepTarget.FULL);
    }

    @Test
    void deletionsAreMarked() throws Exception {
        DeleteMarker marker = catalog().deleteMarker();

        assertThat(marker.isSet(A)).isFalse();
        marker.set(A);
        assertThat(marker.isSet(A)).isTrue();
        assertThat(Files.readString(meta().resolve(A + "-delete_this"))).isEqualTo("delete");
        marker.clear(A);
        assertThat(files(server)).isEmpty();
    }

    @Test
    void identityIsWrittenOnce() throws Exception {
        Path file = server.resolve("identity.json");

        assertThat(ServerIdentity.read(file)).isEmpty();
        assertThat(new ServerIdentity("7710210665329484190", "15").writeIfAbsent(file))
                .isTrue();
        assertThat(new ServerIdentity("1", "16").writeIfAbsent(file)).isFalse();
        assertThat(Files.readString(file))
                .isEqualTo("{\n    \"systemid\": \"7710210665329484190\",\n    \"version\": \"15\"\n}\n");
        assertThat(ServerIdentity.read(file)).contains(new ServerIdentity("7710210665329484190", "15"));
    }

    @Test
    void identityInOtherNotations() throws Exception {
        Path file = server.resolve("identity.json");
        write(file, "{\"version\":null,\"systemid\" : 7710210665329484190}");

        assertThat(ServerIdentity.read(file)).contains(new ServerIdentity("7710210665329484190", null));

        write(file, "");
        assertThatThrownBy(() -> ServerIdentity.read(file))
                .isInstanceOf(BarmanException.class)
                .hasMessageContaining(file.toString());
    }

    private void save(BackupInfo.Builder... builders) throws BarmanException {
        for (BackupInfo.Builder builder : builders) {
            catalog().save(builder.build());
        }
    }

    static BackupInfo.Builder backup(BackupId id, BackupStatus status) {
        return BackupInfo.builder(id).serverName("main").mode("postgres").status(status);
    }

    private static void write(Path file, String content) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    private static List<String> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> directory.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }
}

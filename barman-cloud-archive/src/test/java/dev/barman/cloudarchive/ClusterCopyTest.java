// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.backup.ServerFacts;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.Tablespace;
import dev.barman.core.postgres.ConfigurationFiles;
import dev.barman.core.postgres.PostgresVersion;
import dev.barman.core.signal.TerminationSignals;
import dev.barman.object.ObjectKey;
import dev.barman.storage.cloud.CloudLocation;
import dev.barman.storage.cloud.CloudProvider;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterCopyTest {
    private static final BackupId ID = BackupId.of("20261101T100000");
    /** Not in ASCII, in UTF-8 of two and three bytes. */
    private static final String NAME = "donn\u00e9es \u65e5%2F+?";

    @TempDir
    Path root;

    private final CloudBucket bucket = new CloudBucket();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private Path pgdata;

    @BeforeEach
    void cluster() throws Exception {
        pgdata = cluster(Files.createDirectory(root.resolve("pgdata")));
    }

    private static Path cluster(Path directory) throws Exception {
        Files.createDirectories(directory.resolve("global"));
        Files.writeString(directory.resolve("global/pg_control"), "control");
        Files.writeString(directory.resolve("PG_VERSION"), "15");
        Files.createDirectories(directory.resolve("pg_tblspc"));
        return directory;
    }

    private void copy(String dataDirectory, List<Tablespace> tablespaces, ConfigurationFiles files) throws Exception {
        CloudLog log = new CloudLog(new PrintStream(err, true), CloudLog.Level.WARNING, Clock.systemUTC());
        BackupKeys keys = new BackupKeys(CloudLocation.parse(CloudBucket.URL, CloudProvider.AWS_S3), "main");
        UploadOptions options = new UploadOptions(null, 2, 1 << 30, 100_000, 10_000, 0, Map.of());
        try (CloudBackupUpload upload =
                new CloudBackupUpload(bucket.memory, keys, ID, options, false, TerminationSignals.none())) {
            BackupTreeWriter tree = new BackupTreeWriter(BackupTreeWriter.Source.LIVE, () -> {}, log);
            ServerFacts facts = new ServerFacts(PostgresVersion.of(150018), dataDirectory, files);
            ClusterCopy copy = new ClusterCopy(upload, "", tree, facts, log);
            copy.addTablespaces(tablespaces);
            copy.addData().finish();
            upload.complete();
        }
    }

    private static ConfigurationFiles files(Path config, Path hba, Path ident) {
        return new ConfigurationFiles(config.toString(), hba.toString(), ident.toString(), List.of());
    }

    /** Names, each with its content or where it leads to; a name may be there more than once. */
    private Map<String, List<String>> entries(String archive) throws Exception {
        Map<String, List<String>> entries = new TreeMap<>();
        try (TarArchiveInputStream in = new TarArchiveInputStream(
                bucket.memory.open(ObjectKey.of("p/main/base/" + ID + "/" + archive + ".tar")), "UTF-8")) {
            for (TarArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                String what = entry.isSymbolicLink()
                        ? "-> " + entry.getLinkName()
                        : new String(in.readAllBytes(), StandardCharsets.UTF_8);
                entries.computeIfAbsent(entry.getName(), n -> new ArrayList<>()).add(what);
            }
        }
        return entries;
    }

    @Test
    void aConfigurationFileThatIsALinkInTheDataDirectoryIsInTheBackupWithItsContent() throws Exception {
        Path elsewhere = Files.createDirectory(root.resolve("etc"));
        Files.writeString(elsewhere.resolve("main.conf"), "port = 1");
        Files.writeString(elsewhere.resolve("hba"), "local all");
        Files.createSymbolicLink(pgdata.resolve("postgresql.conf"), elsewhere.resolve("main.conf"));
        Files.createSymbolicLink(pgdata.resolve("pg_hba.conf"), Path.of("../etc/hba"));
        Files.createSymbolicLink(pgdata.resolve("pg_ident.conf"), elsewhere.resolve("missing"));
        Files.createSymbolicLink(pgdata.resolve("other"), elsewhere.resolve("main.conf"));

        copy(
                pgdata.toString(),
                List.of(),
                files(
                        pgdata.resolve("postgresql.conf"),
                        pgdata.resolve("pg_hba.conf"),
                        pgdata.resolve("pg_ident.conf")));

        assertThat(entries("data"))
                .containsEntry("./postgresql.conf", List.of("port = 1"))
                .containsEntry("./pg_hba.conf", List.of("local all"))
                .containsEntry("./pg_ident.conf", List.of("-> " + elsewhere.resolve("missing")))
                .containsEntry("./other", List.of("-> " + elsewhere.resolve("main.conf")))
                .doesNotContainKeys("postgresql.conf", "pg_hba.conf");
    }

    @Test
    void anIncludedFileThatCannotBeFollowedIsWarnedOfAndNoMore() throws Exception {
        Files.writeString(pgdata.resolve("postgresql.conf"), "inside");
        Path loop = Files.createSymbolicLink(root.resolve("loop.conf"), root.resolve("loop.conf"));

        copy(
                pgdata.toString(),
                List.of(),
                new ConfigurationFiles(
                        pgdata.resolve("postgresql.conf").toString(),
                        pgdata.resolve("pg_hba.conf").toString(),
                        pgdata.resolve("pg_ident.conf").toString(),
                        List.of(loop.toString(), root.resolve("vanished.conf").toString())));

        assertThat(entries("data")).containsKey("./postgresql.conf");
        assertThat(err.toString(StandardCharsets.UTF_8))
                .contains("lie outside of PGDATA and are not in the backup: " + loop)
                .doesNotContain("vanished");
    }

    @Test
    void aDataDirectoryThatIsNamedInTwoWaysIsOneDirectory() throws Exception {
        Files.writeString(pgdata.resolve("postgresql.conf"), "inside");
        Files.createSymbolicLink(root.resolve("link"), pgdata);
        Path outside = Files.writeString(root.resolve("pg_hba.conf"), "outside");

        copy(
                root.resolve("link").toString(),
                List.of(),
                files(pgdata.resolve("postgresql.conf"), outside, root.resolve("link/../pg_ident.conf")));

        assertThat(entries("data"))
                .containsEntry("./postgresql.conf", List.of("inside"))
                .containsEntry("pg_hba.conf", List.of("outside"))
                .doesNotContainKeys("postgresql.conf", "pg_ident.conf");
    }

    @Test
    void aConfigurationFileInALinkedDirectoryIsOutside() throws Exception {
        Path elsewhere = Files.createDirectory(root.resolve("etc"));
        Files.writeString(elsewhere.resolve("postgresql.conf"), "port = 1");
        Files.createSymbolicLink(pgdata.resolve("conf"), elsewhere);
        Path hba = Files.writeString(pgdata.resolve("pg_hba.conf"), "local");

        copy(pgdata.toString(), List.of(), files(pgdata.resolve("conf/postgresql.conf"), hba, pgdata.resolve("none")));

        assertThat(entries("data"))
                .containsEntry("postgresql.conf", List.of("port = 1"))
                .containsEntry("./pg_hba.conf", List.of("local"));
    }

    /** Runs in a process of its own, under a locale of its own. */
    public static final class InOtherLocale {
        private InOtherLocale() {}

        public static void main(String[] args) throws Exception {
            ClusterCopyTest test = new ClusterCopyTest();
            test.root = Path.of(args[0]);
            test.namesAreRight();
        }
    }

    private void namesAreRight() throws Exception {
        Path base = Utf8Path.of(root + "/" + NAME);
        Path data = cluster(base.resolve("pgdata"));
        Path table = Utf8Path.of(root + "/" + NAME + "/ts/PG_15_202209061/5/" + NAME);
        Files.createDirectories(table.getParent());
        Files.writeString(table, "in a tablespace");
        Files.createSymbolicLink(data.resolve("pg_tblspc/16385"), base.resolve("ts"));
        Files.writeString(Utf8Path.of(root + "/" + NAME + "/pgdata/" + NAME), "a file");
        Files.createSymbolicLink(data.resolve("link"), Utf8Path.of(root + "/" + NAME + "/missing " + NAME));
        Files.createSymbolicLink(
                data.resolve("relative"), Utf8Path.of("/" + NAME).getFileName());
        Path config = Utf8Path.of(root + "/" + NAME + "/" + NAME + ".conf");
        Files.writeString(config, "outside");
        String text = root + "/" + NAME;

        copy(
                text + "/pgdata",
                List.of(new Tablespace("ts", 16385, text + "/ts")),
                new ConfigurationFiles(text + "/" + NAME + ".conf", text + "/pgdata/" + NAME, null, List.of()));

        assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
        assertThat(entries("data"))
                .containsEntry("./" + NAME, List.of("a file"))
                .containsEntry("./link", List.of("-> " + text + "/missing " + NAME))
                .containsEntry("./relative", List.of("-> " + NAME))
                .containsEntry(NAME + ".conf", List.of("outside"))
                .containsEntry("global/pg_control", Collections.singletonList("control"));
        assertThat(entries("16385")).containsEntry("PG_15_202209061/5/" + NAME, List.of("in a tablespace"));
    }

    @Test
    void namesAreRightInEveryLocale() throws Exception {
        for (String locale : new String[] {"C", "C.UTF-8"}) {
            Path log = root.resolve(locale + ".log");
            ProcessBuilder child = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:TieredStopAtLevel=1",
                            "-XX:+UseSerialGC",
                            "-cp",
                            System.getProperty("java.class.path"),
                            InOtherLocale.class.getName(),
                            Files.createDirectory(root.resolve(locale)).toString())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile());
            child.environment().put("LC_ALL", locale);
            assertThat(child.start().waitFor())
                    .as(locale + ": " + Files.readString(log))
                    .isZero();
        }
    }
}

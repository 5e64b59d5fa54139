// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupInfoFormat;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectStore;
import dev.barman.storage.cloud.azure.AzureObjectStore;
import dev.barman.storage.cloud.azure.AzureSettings;
import dev.barman.storage.cloud.azure.AzuriteServer;
import dev.barman.storage.cloud.gcs.GoogleStorageFake;
import dev.barman.storage.cloud.testing.ScriptedHttpServer;
import dev.barman.wal.TestSegments;
import dev.barman.wal.restore.PrivateExit;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands as programs, with the stores of other providers than S3. */
@Timeout(300)
class CloudProvidersIT {
    private static final String WAL = "000000010000000000000003";
    private static final byte[] SEGMENT = TestSegments.segment(1, 3L * TestSegments.MIB, TestSegments.MIB);

    @TempDir
    Path directory;

    private Path wal;
    private String err = "";

    @BeforeEach
    void writeSegment() throws IOException {
        wal = Files.write(directory.resolve(WAL), SEGMENT);
    }

    private int run(Class<?> command, Map<String, String> environment, String... args) throws Exception {
        List<String> argv = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                command.getName()));
        argv.addAll(Arrays.asList(args));
        ProcessBuilder builder = new ProcessBuilder(argv)
                .redirectError(directory.resolve("err").toFile())
                .redirectOutput(directory.resolve("out").toFile());
        builder.environment().putAll(environment);
        int code = builder.start().waitFor();
        err = Files.readString(directory.resolve("err"), StandardCharsets.UTF_8);
        return code;
    }

    private int archive(Map<String, String> environment, String provider, String... args) throws Exception {
        return runWith(CloudWalArchiveMain.class, environment, provider, args);
    }

    private int runWith(Class<?> command, Map<String, String> environment, String provider, String... args)
            throws Exception {
        List<String> all = new ArrayList<>(List.of("--cloud-provider", provider));
        all.addAll(Arrays.asList(args));
        return run(command, environment, all.toArray(String[]::new));
    }

    /** Archives with a record, and fetches the file again. */
    private void archiveAndRestore(Map<String, String> environment, String provider, String url) throws Exception {
        Path cluster = Files.createDirectories(directory.resolve("cluster"));
        Files.createDirectories(cluster.resolve("pg_wal/archive_status"));
        Files.createDirectories(cluster.resolve("global"));
        ByteBuffer control = ByteBuffer.allocate(8192).order(ByteOrder.LITTLE_ENDIAN);
        Files.write(
                cluster.resolve("global/pg_control"),
                control.putLong(TestSegments.SYSTEM_ID).array());
        List<Path> segments = new ArrayList<>();
        for (long number = 4; number <= 6; number++) {
            Path segment = cluster.resolve("pg_wal").resolve("00000001000000000000000" + number);
            segments.add(Files.write(segment, TestSegments.segment(1, number * TestSegments.MIB, TestSegments.MIB)));
            Files.createFile(cluster.resolve("pg_wal/archive_status").resolve(segment.getFileName() + ".ready"));
        }
        String state = directory.resolve("state").toString();
        for (Path segment : segments) {
            assertThat(archive(
                            environment,
                            provider,
                            "-v",
                            "--gzip",
                            "--parallel",
                            "4",
                            "--state-directory",
                            state,
                            url,
                            "main",
                            segment.toString()))
                    .as(err)
                    .isZero();
            assertThat(err)
                    .contains(
                            segment.equals(segments.get(0))
                                    ? "INFO: Stored " + segment
                                    : "archived by an earlier call");
        }
        Path destination = directory.resolve("RECOVERYXLOG");
        for (String jobs : List.of("0", "2")) {
            assertThat(runWith(
                            CloudWalRestoreMain.class,
                            environment,
                            provider,
                            "--parallel",
                            jobs,
                            "--spool-dir",
                            directory.resolve("spool").toString(),
                            url,
                            "main",
                            segments.get(2).getFileName().toString(),
                            destination.toString()))
                    .as(err)
                    .isZero();
            assertThat(destination).hasSameBinaryContentAs(segments.get(2));
            Files.delete(destination);
        }
        assertThat(runWith(
                        CloudWalRestoreMain.class,
                        environment,
                        provider,
                        url,
                        "main",
                        "0000000100000000000000FF",
                        destination.toString()))
                .as(err)
                .isEqualTo(PrivateExit.ABSENT);
    }

    /** Stores a backup that Barman made, in several parts, and restores it. */
    private void backupAndRestore(Map<String, String> environment, String provider, String url) throws Exception {
        BackupInfo info = CloudBucket.backup(1, 1, 2)
                .serverName("main")
                .mode("rsync-concurrent")
                .build();
        String id = info.id().toString();
        Path backup = Files.createDirectory(directory.resolve(id));
        Path data = Files.createDirectories(backup.resolve("data"));
        Files.createDirectory(data.resolve("global"));
        Files.writeString(data.resolve("global/pg_control"), "control");
        Files.writeString(data.resolve("PG_VERSION"), "15\n");
        Files.writeString(
                data.resolve("backup_label"), "START WAL LOCATION: 0/2000028 (file 000000010000000000000002)\n");
        byte[] table = new byte[12 * TestSegments.MIB + 7];
        new Random(1).nextBytes(table);
        Files.write(data.resolve("table"), table);
        Path infoFile = Files.writeString(backup.resolve("backup.info"), BackupInfoFormat.format(info));
        Map<String, String> hook = new HashMap<>(environment);
        hook.put("BARMAN_HOOK", "backup_script");
        hook.put("BARMAN_PHASE", "post");
        hook.put("BARMAN_STATUS", "DONE");
        hook.put("BARMAN_BACKUP_ID", id);
        hook.put("BARMAN_BACKUP_DIR", backup.toString());
        hook.put("BARMAN_BACKUP_INFO_PATH", infoFile.toString());

        assertThat(runWith(
                        CloudBackupMain.class,
                        hook,
                        provider,
                        "--max-archive-size",
                        "1GB",
                        "--tag",
                        "a,b",
                        url,
                        "main"))
                .as(err)
                .isZero();
        assertThat(runWith(CloudBackupListMain.class, environment, provider, url, "main"))
                .as(err)
                .isZero();
        assertThat(directory.resolve("out")).content().contains(id);
        Path target = directory.resolve("restored");
        assertThat(runWith(CloudRestoreMain.class, environment, provider, url, "main", id, target.toString()))
                .as(err)
                .isZero();
        assertThat(target.resolve("table")).hasBinaryContent(table);
        assertThat(runWith(CloudBackupDeleteMain.class, environment, provider, "-b", id, url, "main"))
                .as(err)
                .isZero();
        assertThat(runWith(CloudBackupListMain.class, environment, provider, url, "main"))
                .as(err)
                .isZero();
        assertThat(directory.resolve("out")).content().doesNotContain(id);
    }

    @Test
    void azure() throws Exception {
        try (AzuriteServer server = AzuriteServer.start(
                Path.of(System.getProperty("azurite.directory")),
                Files.createDirectory(directory.resolve("azurite")))) {
            String provider = "azure-blob-storage";
            String url = server.endpoint() + "/container/path/";
            Map<String, String> environment = server.environment();
            String key = "path/main/wals/0000000100000000/" + WAL;

            assertThat(archive(environment, provider, "-t", url, "main", wal.toString()))
                    .isEqualTo(1);
            assertThat(runWith(CloudCheckWalArchiveMain.class, environment, provider, url, "main"))
                    .as(err)
                    .isZero();
            ObjectStore container =
                    AzureObjectStore.open(server.endpoint(), "container", AzureSettings.DEFAULT, environment);
            assertThat(container.listAll("")).isEmpty();

            assertThat(archive(
                            environment,
                            provider,
                            "-v",
                            "--max-single-put-size",
                            "100KB",
                            "--max-block-size",
                            "300KB",
                            "--max-concurrency",
                            "2",
                            "--tag",
                            "purpose,wal archive",
                            url,
                            "main",
                            wal.toString()))
                    .as(err)
                    .isZero();
            assertThat(err).contains("INFO: Stored " + wal + " as " + server.endpoint() + "/container/" + key);
            assertThat(err).hasLineCount(1);
            assertThat(container.open(ObjectKey.of(key)).readAllBytes()).isEqualTo(SEGMENT);
            assertThat(server.tags("container", key)).isEqualTo(Map.of("purpose", "wal archive"));
            assertThat(server.blocks("container", key)).isEqualTo(4);

            assertThat(archive(environment, provider, "-z", url, "main", wal.toString()))
                    .as(err)
                    .isZero();
            assertThat(container.listAll("")).hasSize(1);
            byte[] other = SEGMENT.clone();
            other[100_000] ^= 1;
            Files.write(wal, other);
            assertThat(archive(environment, provider, url, "main", wal.toString()))
                    .isEqualTo(1);
            assertThat(runWith(CloudCheckWalArchiveMain.class, environment, provider, url, "main"))
                    .isEqualTo(1);
            assertThat(archive(Map.of(), provider, url, "main", wal.toString())).isEqualTo(4);
            assertThat(err).contains("AZURE_STORAGE_CONNECTION_STRING").hasLineCount(1);
            archiveAndRestore(environment, provider, url);
            backupAndRestore(environment, provider, url);
            container.close();
        }
    }

    @Test
    void google() throws Exception {
        GoogleStorageFake fake = new GoogleStorageFake();
        try (ScriptedHttpServer server = ScriptedHttpServer.start(fake::handle)) {
            String provider = "google-cloud-storage";
            Map<String, String> environment =
                    Map.of("STORAGE_EMULATOR_HOST", server.endpoint().toString(), "GOOGLE_CLOUD_PROJECT", "project");
            String key = "path/main/wals/0000000100000000/" + WAL + ".gz";

            assertThat(runWith(CloudCheckWalArchiveMain.class, environment, provider, "gs://bucket/path", "main"))
                    .as(err)
                    .isZero();
            assertThat(archive(
                            environment,
                            provider,
                            "-z",
                            "--kms-key-name",
                            "the/key",
                            "gs://bucket/path",
                            "main",
                            wal.toString()))
                    .as(err)
                    .isZero();
            assertThat(fake.kmsKeys()).containsExactly("the/key");
            assertThat(new GZIPInputStream(new ByteArrayInputStream(fake.content("bucket", key))).readAllBytes())
                    .isEqualTo(SEGMENT);

            String console = "https://console.cloud.google.com/storage/browser/bucket/path";
            assertThat(archive(environment, provider, console, "main", wal.toString()))
                    .as(err)
                    .isZero();
            byte[] other = SEGMENT.clone();
            other[100_000] ^= 1;
            Files.write(wal, other);
            assertThat(archive(environment, provider, console, "main", wal.toString()))
                    .isEqualTo(1);
            assertThat(err).contains("gs://bucket/" + key + " exists with a different content");
            assertThat(archive(Map.of(), provider, console, "main", wal.toString()))
                    .isEqualTo(4);
            assertThat(err).contains("GOOGLE_APPLICATION_CREDENTIALS");
            archiveAndRestore(environment, provider, console);
            backupAndRestore(environment, provider, console);
            assertThat(server.failures()).isEmpty();
        }
    }
}

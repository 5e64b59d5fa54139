// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.catalog.BackupInfoFormat;
import dev.barman.core.testing.PostgresCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** What is stored is what is restored, however the tree looks and wherever the archives are divided. */
class BackupRoundTripProperties {
    private static final String ID = "20261101T100000";
    private static final String[] MODES = {"rw-------", "rw-r-----", "r--r--r--", "rwx------"};
    private static final List<String> COMPRESSIONS = List.of("", "--gzip", "--snappy");

    @Property(tries = 60)
    void treesComeBack(
            @ForAll long seed,
            @ForAll @IntRange(max = 2) int compression,
            @ForAll @IntRange(min = 1, max = 400_000) int maxArchive)
            throws IOException {
        Path directory = Files.createTempDirectory("round-trip");
        try {
            Path data = Files.createDirectories(directory.resolve("backup/data"));
            fill(data, new Random(seed), 3);
            Files.createDirectories(data.resolve("global"));
            Files.writeString(data.resolve("global/pg_control"), "control");
            Files.writeString(data.resolve("backup_label"), "label");
            Files.createDirectories(data.resolve("pg_wal"));
            Files.createDirectories(data.resolve("pg_tblspc"));
            Path info = directory.resolve("backup.info");
            Files.writeString(
                    info, BackupInfoFormat.format(CloudBucket.backup(1, 1, 2).build()));
            Map<String, String> expected = describe(data);

            CloudBucket bucket = new CloudBucket();
            List<String> args = new ArrayList<>(List.of("-S", Integer.toString(maxArchive), CloudBucket.URL, "main"));
            if (!COMPRESSIONS.get(compression).isEmpty()) {
                args.add(0, COMPRESSIONS.get(compression));
            }
            Map<String, String> environment = Map.of(
                    "BARMAN_HOOK",
                    "backup_script",
                    "BARMAN_PHASE",
                    "post",
                    "BARMAN_STATUS",
                    "DONE",
                    "BARMAN_BACKUP_ID",
                    ID,
                    "BARMAN_BACKUP_DIR",
                    directory.resolve("backup").toString(),
                    "BARMAN_BACKUP_INFO_PATH",
                    info.toString());
            assertThat(bucket.run(
                            (a, out, err, stores) -> CloudBackupMain.run(a, environment, out, err, stores),
                            args.toArray(new String[0])))
                    .as(bucket.err)
                    .isZero();
            Path target = directory.resolve("target");
            assertThat(bucket.run(CloudRestoreMain::run, CloudBucket.URL, "main", ID, target.toString()))
                    .as(bucket.err)
                    .isZero();

            assertThat(describe(target)).isEqualTo(expected);
        } finally {
            PostgresCluster.deleteTree(directory);
        }
    }

    private static void fill(Path directory, Random random, int depth) throws IOException {
        int entries = random.nextInt(6);
        for (int i = 0; i < entries; i++) {
            String name = (char) ('a' + i) + "\u00fc".repeat(random.nextInt(2)) + "n".repeat(random.nextInt(110));
            Path path = directory.resolve(name);
            switch (random.nextInt(4)) {
                case 0 -> {
                    if (depth > 0) {
                        Files.createDirectory(path);
                        fill(path, random, depth - 1);
                    }
                }
                case 1 -> Files.createSymbolicLink(path, Path.of("dangling"));
                default -> {
                    byte[] content = new byte[random.nextInt(2) * random.nextInt(300_000) + random.nextInt(1025)];
                    if (random.nextBoolean()) {
                        random.nextBytes(content);
                    }
                    Files.write(path, content);
                    Files.setLastModifiedTime(
                            path,
                            FileTime.from(Instant.ofEpochSecond(
                                    random.nextInt(2_000_000_000), random.nextInt(1000) * 1000L)));
                    Files.setPosixFilePermissions(
                            path, PosixFilePermissions.fromString(MODES[random.nextInt(MODES.length)]));
                }
            }
        }
    }

    private static Map<String, String> describe(Path root) throws IOException {
        Map<String, String> tree = new TreeMap<>();
        try (Stream<Path> walk = Files.walk(root)) {
            for (Path path : walk.toList()) {
                String description;
                if (Files.isSymbolicLink(path)) {
                    description = "-> " + Files.readSymbolicLink(path);
                } else {
                    description = PosixFilePermissions.toString(Files.getPosixFilePermissions(path))
                            + (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
                                    ? ""
                                    : " " + Files.getLastModifiedTime(path) + " "
                                            + Arrays.hashCode(Files.readAllBytes(path)) + " " + Files.size(path));
                }
                tree.put(root.relativize(path).toString(), path.equals(root) ? "" : description);
            }
        }
        return tree;
    }
}

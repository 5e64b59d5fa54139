// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.core.catalog.BackupInfoFormat;
import dev.barman.core.catalog.Tablespace;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * A backup made up of hundreds of files of all sizes, directories, links and names given twice, in a data directory of two parts and a compressed
 * tablespace, as a directory of its objects.
 */
final class RestorableBackup {
    static final String ID = "20261101T100000";
    static final String TABLESPACE = "ts1";

    private static final FileTime MODIFIED = FileTime.from(Instant.parse("2026-11-01T09:00:00.123456Z"));
    private static final int SMALL_FILES = 300;
    private static final int LARGE_FILES = 3;
    private static final int LARGE_BYTES = 20 << 20;
    private static final int MAX_SMALL_BYTES = 200_000;
    private static final int DIRECTORIES = 7;

    private final Random random;

    private RestorableBackup(Random random) {
        this.random = random;
    }

    /**
     * Writes the objects.
     *
     * @param directory where those of the backup go; missing
     */
    static void write(Path directory, long seed) throws IOException {
        Files.createDirectories(directory);
        new RestorableBackup(new Random(seed)).writeTo(directory);
        Files.writeString(
                directory.resolve("backup.info"),
                BackupInfoFormat.format(CloudBucket.backup(1, 1, 4)
                        .tablespaces(List.of(new Tablespace(TABLESPACE, 16384, "/no/such/place")))
                        .build()));
    }

    private void writeTo(Path directory) throws IOException {
        try (TarArchiveOutputStream tar = tar(Files.newOutputStream(directory.resolve("data.tar")))) {
            directory(tar, "./", 0700);
            directory(tar, "base/", 0700);
            fill(tar, "base/", SMALL_FILES);
            file(tar, "base/twice", "the first".getBytes(StandardCharsets.UTF_8));
            for (int i = 0; i < LARGE_FILES; i++) {
                file(tar, "base/large" + i, LARGE_BYTES + i);
            }
            file(tar, "base/twice", "the other".getBytes(StandardCharsets.UTF_8));
        }
        try (TarArchiveOutputStream tar = tar(Files.newOutputStream(directory.resolve("data_0001.tar")))) {
            directory(tar, "more/", 0750);
            fill(tar, "more/", SMALL_FILES / 2);
            link(tar, "more/link", "../base/twice");
            directory(tar, "global/", 0700);
            file(tar, "global/pg_control", 8192);
            file(tar, "backup_label", 200);
        }
        OutputStream out = Files.newOutputStream(directory.resolve("16384.tar.gz"));
        try (TarArchiveOutputStream tar = tar(new GZIPOutputStream(out, 1 << 16))) {
            directory(tar, "PG_15/", 0700);
            fill(tar, "PG_15/", SMALL_FILES / 2);
            file(tar, "PG_15/large", LARGE_BYTES / 2);
        }
    }

    private static TarArchiveOutputStream tar(OutputStream out) {
        TarArchiveOutputStream tar = new TarArchiveOutputStream(out);
        tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
        tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
        return tar;
    }

    private void fill(TarArchiveOutputStream tar, String parent, int files) throws IOException {
        for (int i = 0; i < DIRECTORIES; i++) {
            directory(tar, parent + i + "/", i % 2 == 0 ? 0700 : 0750);
        }
        for (int i = 0; i < files; i++) {
            String below = parent + random.nextInt(DIRECTORIES) + "/" + i;
            int kind = random.nextInt(20);
            if (kind == 0) {
                link(tar, below, "../" + random.nextInt(DIRECTORIES));
            } else {
                String name = kind == 1 ? below + "x".repeat(150) : below;
                file(tar, name, kind == 2 ? 0 : random.nextInt(MAX_SMALL_BYTES));
            }
        }
    }

    private static void directory(TarArchiveOutputStream tar, String name, int mode) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setMode(040000 | mode);
        entry.setLastModifiedTime(MODIFIED);
        tar.putArchiveEntry(entry);
        tar.closeArchiveEntry();
    }

    private static void link(TarArchiveOutputStream tar, String name, String target) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name, TarConstants.LF_SYMLINK);
        entry.setLinkName(target);
        entry.setLastModifiedTime(MODIFIED);
        tar.putArchiveEntry(entry);
        tar.closeArchiveEntry();
    }

    private void file(TarArchiveOutputStream tar, String name, int length) throws IOException {
        byte[] content = new byte[length];
        random.nextBytes(content);
        file(tar, name, content);
    }

    private void file(TarArchiveOutputStream tar, String name, byte[] content) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setMode(0100000 | (random.nextInt(4) == 0 ? 0640 : 0600));
        entry.setSize(content.length);
        entry.setLastModifiedTime(FileTime.from(
                MODIFIED.toInstant().plusSeconds(random.nextInt(3600)).plusNanos(content.length)));
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
    }
}

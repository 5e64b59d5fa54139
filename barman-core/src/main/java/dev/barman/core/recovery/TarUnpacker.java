// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import dev.barman.core.recovery.RecoveryStep.Tree;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** Unpacks the archives of a backup in tar format. */
final class TarUnpacker {
    private static final int BUFFER_BYTES = 1 << 17;

    private final Path archive;
    private final Path target;
    private final Set<String> leftOut;
    private final List<TimedDirectory> directories = new ArrayList<>();
    private final byte[] buffer = new byte[BUFFER_BYTES];

    private record TimedDirectory(Path path, Set<PosixFilePermission> mode, FileTime modified) {}

    private TarUnpacker(Tree tree) {
        this.archive = tree.source();
        this.target = tree.target();
        this.leftOut = tree.leftOut();
    }

    /**
     * Unpacks one archive.
     *
     * @param compression the backup's compression
     * @throws IOException when it cannot be read, is damaged, or a file cannot be written; what was written stays
     */
    static void unpack(Tree tree, String compression) throws IOException {
        new TarUnpacker(tree).unpack(compression);
    }

    private void unpack(String compression) throws IOException {
        try (InputStream raw = Files.newInputStream(archive);
                InputStream plain = decompressing(compression, new BufferedInputStream(raw, BUFFER_BYTES));
                TarArchiveInputStream tar = new TarArchiveInputStream(plain)) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                unpack(tar, entry);
            }
            // To the end, where the checksum of the compressed data is.
            while (plain.read(buffer) >= 0) {
                // padding
            }
        }
        for (int i = directories.size() - 1; i >= 0; i--) {
            TimedDirectory directory = directories.get(i);
            Files.setPosixFilePermissions(directory.path(), directory.mode());
            Files.setLastModifiedTime(directory.path(), directory.modified());
        }
    }

    private static InputStream decompressing(String compression, InputStream source) throws IOException {
        CompressionAlgorithm algorithm = switch (compression) {
            case "none" -> null;
            case "gzip" -> CompressionAlgorithm.GZIP;
            case "lz4" -> CompressionAlgorithm.LZ4;
            case "zstd" -> CompressionAlgorithm.ZSTD;
            default -> throw new IOException("Unexpected compression format: " + compression);
        };
        return algorithm == null
                ? source
                : WalCodec.of(CompressionSettings.of(algorithm)).decompressing(source);
    }

    private void unpack(TarArchiveInputStream tar, TarArchiveEntry entry) throws IOException {
        Path relative = Path.of("/" + entry.getName()).normalize();
        Path inside = Path.of("/").relativize(relative);
        if (entry.getName().contains("..") && !relative.equals(Path.of("/" + entry.getName()))) {
            throw new IOException("the archive has an entry outside of itself: " + entry.getName());
        }
        if (inside.toString().isEmpty() || leftOut.contains(inside.toString())) {
            return;
        }
        refuseSpecial(entry);
        Path file = target.resolve(inside);
        FileTime modified = entry.getLastModifiedTime();
        Set<PosixFilePermission> mode = permissions(entry.getMode());
        if (entry.isDirectory()) {
            createParent(file);
            if (Files.isSymbolicLink(file)) {
                throw new IOException("the archive has a link and a directory of the same name: " + entry.getName());
            }
            RestoredDirectories.create(file);
            directories.add(new TimedDirectory(file, mode, modified));
        } else if (entry.isSymbolicLink()) {
            createParent(file);
            Files.deleteIfExists(file);
            Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
        } else if (entry.isFile()) {
            createParent(file);
            write(tar, file, mode);
            Files.setLastModifiedTime(file, modified);
        } else {
            throw new IOException("the archive has an entry of an unexpected kind: " + entry.getName());
        }
    }

    /** PostgreSQL makes none of these, and the library takes them for ordinary files without content. */
    private static void refuseSpecial(TarArchiveEntry entry) throws IOException {
        String kind;
        if (entry.isLink()) {
            kind = "a hard link";
        } else if (entry.isFIFO()) {
            kind = "a named pipe";
        } else if (entry.isCharacterDevice() || entry.isBlockDevice()) {
            kind = "a device";
        } else {
            return;
        }
        throw new IOException("the archive has " + kind + ", which no backup of PostgreSQL has: " + entry.getName());
    }

    /** No directory on the way may be a link that the archive itself has made: it could lead anywhere. */
    private void createParent(Path file) throws IOException {
        Path parent = file.getParent();
        if (parent == null || parent.equals(target)) {
            return;
        }
        for (Path above = parent; above != null && !above.equals(target); above = above.getParent()) {
            if (Files.isSymbolicLink(above)) {
                throw new IOException("the archive puts " + file + " behind a symbolic link");
            }
        }
        RestoredDirectories.create(parent);
    }

    private void write(TarArchiveInputStream tar, Path file, Set<PosixFilePermission> mode) throws IOException {
        try (OutputStream out = Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (int count = tar.read(buffer); count >= 0; count = tar.read(buffer)) {
                out.write(buffer, 0, count);
            }
        }
        Files.setPosixFilePermissions(file, mode);
    }

    private static Set<PosixFilePermission> permissions(int mode) {
        PosixFilePermission[] bits = {
            PosixFilePermission.OTHERS_EXECUTE, PosixFilePermission.OTHERS_WRITE, PosixFilePermission.OTHERS_READ,
            PosixFilePermission.GROUP_EXECUTE, PosixFilePermission.GROUP_WRITE, PosixFilePermission.GROUP_READ,
            PosixFilePermission.OWNER_EXECUTE, PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_READ
        };
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        for (int i = 0; i < bits.length; i++) {
            if ((mode & (1 << i)) != 0) {
                permissions.add(bits[i]);
            }
        }
        return permissions;
    }
}

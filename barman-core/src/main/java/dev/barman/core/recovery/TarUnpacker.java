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
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** Unpacks the archives of a backup in tar format. */
final class TarUnpacker {
    private static final int BUFFER_BYTES = 1 << 17;

    private final Path archive;
    private final Path target;
    private final Set<String> leftOut;
    private final UnpackedTree tree;
    private final byte[] buffer = new byte[BUFFER_BYTES];

    private TarUnpacker(Tree tree) {
        this.archive = tree.source();
        this.target = tree.target().normalize();
        this.leftOut = tree.leftOut();
        this.tree = new UnpackedTree(target, true);
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
        tree.finishDirectories();
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
        Path file = tree.locate(entry.getName());
        String inside = target.relativize(file).toString();
        if (inside.isEmpty() || leftOut.contains(inside)) {
            return;
        }
        if (UnpackedTree.isPlainFile(entry)) {
            makeWay(file);
            write(tar, file);
            Files.setPosixFilePermissions(file, UnpackedTree.permissions(entry));
            Files.setLastModifiedTime(file, entry.getLastModifiedTime());
        } else if (entry.isDirectory()) {
            tree.directory(file);
            tree.note(file, entry);
        } else {
            makeWay(file);
            Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
        }
    }

    private void makeWay(Path file) throws IOException {
        if (tree.way(file)) {
            Files.delete(file);
        }
    }

    private void write(TarArchiveInputStream tar, Path file) throws IOException {
        try (OutputStream out = Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (int count = tar.read(buffer); count >= 0; count = tar.read(buffer)) {
                out.write(buffer, 0, count);
            }
        }
    }
}

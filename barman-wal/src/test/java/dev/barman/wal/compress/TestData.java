// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;

/** Data of several kinds, and codecs called the short way. */
final class TestData {
    static final List<CompressionAlgorithm> IN_PROCESS = List.of(
            CompressionAlgorithm.GZIP,
            CompressionAlgorithm.BZIP2,
            CompressionAlgorithm.XZ,
            CompressionAlgorithm.ZSTD,
            CompressionAlgorithm.LZ4,
            CompressionAlgorithm.SNAPPY);

    private TestData() {}

    /** Something like WAL: pages with repeated and with random parts, and zeros. */
    static byte[] walLike(int length, long seed) {
        Random random = new Random(seed);
        byte[] data = new byte[length];
        byte[] row = new byte[97];
        random.nextBytes(row);
        int at = 0;
        while (at < length) {
            switch (random.nextInt(3)) {
                case 0 -> {
                    byte[] noise = new byte[random.nextInt(300)];
                    random.nextBytes(noise);
                    at = put(data, at, noise);
                }
                case 1 -> {
                    for (int i = random.nextInt(40); i > 0; i--) {
                        row[random.nextInt(row.length)]++;
                        at = put(data, at, row);
                    }
                }
                default -> at += random.nextInt(2000);
            }
        }
        return data;
    }

    static byte[] random(int length, long seed) {
        byte[] data = new byte[length];
        new Random(seed).nextBytes(data);
        return data;
    }

    private static int put(byte[] target, int at, byte[] part) {
        int n = Math.min(part.length, target.length - at);
        if (n > 0) {
            System.arraycopy(part, 0, target, at, n);
        }
        return at + part.length;
    }

    static WalCodec codec(CompressionAlgorithm algorithm) {
        return WalCodec.of(CompressionSettings.of(algorithm));
    }

    static WalCodec codec(CompressionAlgorithm algorithm, int level) {
        return WalCodec.of(CompressionSettings.of(algorithm, CompressionLevel.of(level)));
    }

    static byte[] compress(WalCodec codec, byte[] data) throws IOException {
        ByteArrayOutputStream target = new ByteArrayOutputStream();
        try (OutputStream out = codec.compressing(target)) {
            out.write(data);
        }
        return target.toByteArray();
    }

    static byte[] decompress(WalCodec codec, byte[] data) throws IOException {
        try (InputStream in = codec.decompressing(new ByteArrayInputStream(data))) {
            return in.readAllBytes();
        }
    }

    static long compressFile(WalCodec codec, Path source, Path target) throws IOException {
        try (FileChannel out = FileChannel.open(
                target, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            return codec.compress(source, out);
        }
    }

    static byte[] concatenate(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    static Path write(Path directory, String name, byte[] data) throws IOException {
        return Files.write(directory.resolve(name), data);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.transfer;

import dev.barman.object.ObjectContent;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.zip.CRC32C;

/** The checksum of what passes by, compared with the one that a store has told. Not thread-safe. */
public abstract class ContentHash {
    private static final int BUFFER_BYTES = 128 * 1024;

    private ContentHash() {}

    abstract void update(byte[] bytes, int offset, int length);

    /** Says whether all the bytes together have the expected checksum; to be asked once. */
    abstract boolean matches();

    /**
     * @param expected the MD5 sum of the whole content
     * @return what compares with it
     */
    public static ContentHash md5(byte[] expected) {
        MessageDigest digest = md5();
        return new ContentHash() {
            @Override
            void update(byte[] bytes, int offset, int length) {
                digest.update(bytes, offset, length);
            }

            @Override
            boolean matches() {
                return Arrays.equals(digest.digest(), expected);
            }
        };
    }

    /**
     * @param expected the CRC32C sum of the whole content
     * @return what compares with it
     */
    public static ContentHash crc32c(int expected) {
        CRC32C sum = new CRC32C();
        return new ContentHash() {
            @Override
            void update(byte[] bytes, int offset, int length) {
                sum.update(bytes, offset, length);
            }

            @Override
            boolean matches() {
                return (int) sum.getValue() == expected;
            }
        };
    }

    /** {@return a new MD5 sum} */
    public static MessageDigest md5() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java has no MD5", e);
        }
    }

    /**
     * @param content what is to be sent
     * @return its MD5 sum
     * @throws IOException when it cannot be read or does not have its announced length
     */
    public static byte[] md5Of(ObjectContent content) throws IOException {
        MessageDigest digest = md5();
        readAll(content, digest::update);
        return digest.digest();
    }

    /**
     * @param content what is to be sent
     * @return its CRC32C sum
     * @throws IOException when it cannot be read or does not have its announced length
     */
    public static int crc32cOf(ObjectContent content) throws IOException {
        CRC32C sum = new CRC32C();
        readAll(content, sum::update);
        return (int) sum.getValue();
    }

    @FunctionalInterface
    private interface Sink {
        void update(byte[] bytes, int offset, int length);
    }

    private static void readAll(ObjectContent content, Sink sink) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        try (InputStream in = CheckedContent.open(content)) {
            int n;
            while ((n = in.read(buffer)) >= 0) {
                sink.update(buffer, 0, n);
            }
        } catch (IOException e) {
            IOException source = CheckedContent.failureIn(e);
            throw source == null ? e : source;
        }
    }

    /**
     * @param bytes a buffer
     * @param offset where the content begins in it
     * @param length its length
     * @return its MD5 sum
     */
    public static byte[] md5Of(byte[] bytes, int offset, int length) {
        MessageDigest digest = md5();
        digest.update(bytes, offset, length);
        return digest.digest();
    }

    /**
     * @param bytes a buffer
     * @param offset where the content begins in it
     * @param length its length
     * @return its CRC32C sum, most significant byte first
     */
    public static byte[] crc32cOf(byte[] bytes, int offset, int length) {
        CRC32C sum = new CRC32C();
        sum.update(bytes, offset, length);
        return ByteBuffer.allocate(Integer.BYTES).putInt((int) sum.getValue()).array();
    }
}

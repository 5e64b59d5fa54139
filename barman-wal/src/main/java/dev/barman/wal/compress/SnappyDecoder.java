// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32C;

/**
 * Reads the Snappy framing format up to the end of the source. The format has no end mark.
 *
 * <p>Chunks that the format reserves as skippable ({@code 0x80} to {@code 0xfd}) are refused: no encoder writes them, and one
 * damaged bit makes such a chunk of a data chunk, whose content would then be missing without a word. Padding is skipped.
 */
final class SnappyDecoder extends DecoderStream {
    private static final int COMPRESSED = 0;
    private static final int UNCOMPRESSED = 1;
    private static final int PADDING = 0xfe;
    private static final int STREAM_IDENTIFIER = 0xff;
    /** The largest compressed form of 64 KiB that an encoder can produce. */
    private static final int MAX_CHUNK_BYTES = 32 + SnappyCompressor.BLOCK_BYTES + SnappyCompressor.BLOCK_BYTES / 6;

    private final DecoderInput input;
    private final CRC32C crc = new CRC32C();
    private final byte[] chunk = new byte[MAX_CHUNK_BYTES];
    private final byte[] output = new byte[SnappyCompressor.BLOCK_BYTES];
    private int position;
    private int limit;
    private boolean ended;

    SnappyDecoder(InputStream source) throws IOException {
        input = new DecoderInput(source, "snappy", 1 << 16);
        int type = input.read();
        if (type != STREAM_IDENTIFIER) {
            throw input.corrupt("no stream identifier");
        }
        identifier(length());
    }

    private int length() throws IOException {
        return input.readShort() | input.read() << 16;
    }

    private void identifier(int length) throws IOException {
        byte[] magic = CompressionAlgorithm.Family.SNAPPY.magic;
        if (length != magic.length - 4) {
            throw input.corrupt("wrong stream identifier");
        }
        for (int i = 4; i < magic.length; i++) {
            if (input.read() != magic[i]) {
                throw input.corrupt("wrong stream identifier");
            }
        }
    }

    @Override
    int decode(byte[] target, int offset, int length) throws IOException {
        while (position == limit) {
            if (ended || !nextChunk()) {
                ended = true;
                return -1;
            }
        }
        int n = Math.min(length, limit - position);
        System.arraycopy(output, position, target, offset, n);
        position += n;
        return n;
    }

    private boolean nextChunk() throws IOException {
        int type = input.readOrEnd();
        if (type < 0) {
            return false;
        }
        int length = length();
        if (type == STREAM_IDENTIFIER) {
            identifier(length);
        } else if (type == COMPRESSED || type == UNCOMPRESSED) {
            data(type, length);
        } else if (type == PADDING) {
            input.skip(length);
        } else {
            throw input.corrupt("unknown chunk type " + type);
        }
        return true;
    }

    private void data(int type, int length) throws IOException {
        if (length < 4) {
            throw input.corrupt("a chunk of " + length + " bytes");
        }
        int checksum = input.readInt();
        int size = length - 4;
        if (type == UNCOMPRESSED) {
            if (size > output.length) {
                throw input.corrupt("an uncompressed chunk of " + size + " bytes");
            }
            input.readFully(output, 0, size);
            limit = size;
        } else {
            if (size > chunk.length) {
                throw input.corrupt("a compressed chunk of " + size + " bytes");
            }
            input.readFully(chunk, 0, size);
            limit = uncompress(size);
        }
        position = 0;
        crc.reset();
        crc.update(output, 0, limit);
        if (SnappyCompressor.mask((int) crc.getValue()) != checksum) {
            throw input.corrupt("checksum mismatch");
        }
    }

    /** Decodes {@link #chunk} into {@link #output}; indexes out of bounds mean damage and are caught by the caller. */
    private int uncompress(int size) throws IOException {
        int in = 0;
        int expected = 0;
        for (int shift = 0; ; shift += 7) {
            int b = chunk[in++];
            expected |= (b & 0x7f) << shift;
            if (b >= 0) {
                break;
            }
            if (shift > 21) {
                throw input.corrupt("length of a chunk");
            }
        }
        if (expected > output.length) {
            throw input.corrupt("a chunk of " + expected + " uncompressed bytes");
        }
        int out = 0;
        while (in < size) {
            int tag = chunk[in++] & 0xff;
            int length = tag >> 2;
            int distance;
            switch (tag & 3) {
                case 0 -> {
                    if (length >= 60) {
                        int bytes = length - 59;
                        length = littleEndian(in, bytes);
                        in += bytes;
                    }
                    length++;
                    if (length <= 0 || length > size - in || length > expected - out) {
                        throw input.corrupt("too many literals");
                    }
                    System.arraycopy(chunk, in, output, out, length);
                    in += length;
                    out += length;
                    continue;
                }
                case 1 -> {
                    length = (length & 7) + 4;
                    distance = tag >> 5 << 8 | chunk[in++] & 0xff;
                }
                case 2 -> {
                    length++;
                    distance = littleEndian(in, 2);
                    in += 2;
                }
                default -> {
                    length++;
                    distance = littleEndian(in, 4);
                    in += 4;
                }
            }
            if (distance <= 0 || distance > out || length > expected - out || in > size) {
                throw input.corrupt("copy out of bounds");
            }
            Lz4LinkedBlock.copy(output, out, distance, length);
            out += length;
        }
        if (out != expected) {
            throw input.corrupt("a chunk of " + out + " bytes instead of " + expected);
        }
        return out;
    }

    private int littleEndian(int at, int bytes) {
        int value = 0;
        for (int i = bytes - 1; i >= 0; i--) {
            value = value << 8 | chunk[at + i] & 0xff;
        }
        return value;
    }

    @Override
    void release() throws IOException {
        input.close();
    }
}

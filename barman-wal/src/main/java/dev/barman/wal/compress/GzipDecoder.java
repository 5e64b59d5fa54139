// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.compress;

import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Reads gzip members up to the end of the source. The JDK's own reader asks {@code available()} whether another member
 * follows and drops the rest when a pipe has nothing ready; this one reads on. Zero bytes after the last member are
 * padding, anything else is damage.
 */
final class GzipDecoder extends DecoderStream {
    private static final int HEADER_CRC = 2;
    private static final int EXTRA = 4;
    private static final int NAME = 8;
    private static final int COMMENT = 16;

    private final DecoderInput input;
    private final Inflater inflater = new Inflater(true);
    private final CRC32 crc = new CRC32();
    private boolean inMember;
    private boolean ended;

    GzipDecoder(InputStream source) throws IOException {
        input = new DecoderInput(source, "gzip", 1 << 16);
        try {
            header(input.readOrEnd());
        } catch (IOException e) {
            inflater.end();
            throw e;
        }
    }

    private void header(int firstByte) throws IOException {
        if (firstByte < 0) {
            throw input.truncated();
        }
        if (firstByte != 0x1f || input.read() != 0x8b || input.read() != 8) {
            throw input.corrupt("not a gzip header");
        }
        int flags = input.read();
        if ((flags & 0xe0) != 0) {
            throw input.corrupt("reserved header flags are set");
        }
        input.skip(6);
        if ((flags & EXTRA) != 0) {
            input.skip(input.readShort());
        }
        if ((flags & NAME) != 0) {
            skipText();
        }
        if ((flags & COMMENT) != 0) {
            skipText();
        }
        if ((flags & HEADER_CRC) != 0) {
            input.skip(2);
        }
        inflater.reset();
        crc.reset();
        inMember = true;
    }

    private void skipText() throws IOException {
        while (input.read() != 0) {
            // The name and the comment end with a zero byte.
        }
    }

    @Override
    int decode(byte[] target, int offset, int length) throws IOException {
        while (!ended) {
            if (!inMember) {
                nextMember();
                continue;
            }
            int n = inflate(target, offset, length);
            if (n > 0) {
                return n;
            }
        }
        return -1;
    }

    private int inflate(byte[] target, int offset, int length) throws IOException {
        try {
            if (inflater.needsInput()) {
                if (!input.fill()) {
                    throw input.truncated();
                }
                inflater.setInput(input.buffer, input.position, input.limit - input.position);
                input.position = input.limit;
            }
            int n = inflater.inflate(target, offset, length);
            crc.update(target, offset, n);
            if (inflater.needsDictionary()) {
                throw input.corrupt("a preset dictionary is asked for");
            }
            if (inflater.finished()) {
                input.position = input.limit - inflater.getRemaining();
                inMember = false;
                if (input.readInt() != (int) crc.getValue()) {
                    throw input.corrupt("checksum mismatch");
                }
                if (input.readInt() != (int) inflater.getBytesWritten()) {
                    throw input.corrupt("length mismatch");
                }
            }
            return n;
        } catch (DataFormatException e) {
            throw new IOException("corrupt gzip data: " + e.getMessage(), e);
        }
    }

    private void nextMember() throws IOException {
        int b = input.readOrEnd();
        if (b == 0) {
            while (b == 0) {
                b = input.readOrEnd();
            }
            if (b >= 0) {
                throw input.corrupt("garbage after the end");
            }
        }
        if (b < 0) {
            ended = true;
        } else {
            header(b);
        }
    }

    @Override
    void release() throws IOException {
        inflater.end();
        input.close();
    }
}

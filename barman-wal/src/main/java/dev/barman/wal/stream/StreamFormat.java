// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.stream;

import java.nio.charset.StandardCharsets;

/** What both sides of a stream agree on. */
final class StreamFormat {
    static final String GREETING = "barman-wal-stream 1";

    static final String DELIVERY_GREETING = "barman-wal-delivery 1";

    static final String STORED = "stored";
    static final String REFUSED = "refused";

    static final String WAL = "wal";
    static final String PARTIAL = "partial";
    static final String ABSENT = "absent";
    static final String FAILED = "failed";

    /** The greatest length of a chunk. */
    static final int MAX_CHUNK_BYTES = 1 << 20;

    /** In the place of a length: the file ended well. */
    static final int END = 0;

    /** In the place of a length: the rest of the file cannot be had. */
    static final int ABORT = -1;

    /** In the place of a length, between two deliveries: the client is still there. */
    static final int ALIVE = -2;

    /** The greatest length of a line, with its end. */
    static final int MAX_LINE_BYTES = 4096;

    static final int MAX_NAME_BYTES = 128;
    static final int MAX_MESSAGE_BYTES = 2048;

    private StreamFormat() {}

    /** A name that parts of a line can be told by: visible ASCII, not empty, not too long. */
    static String name(String text) {
        StringBuilder name = new StringBuilder();
        for (int i = 0; i < text.length() && i < MAX_NAME_BYTES; i++) {
            char c = text.charAt(i);
            name.append(c > ' ' && c < 0x7F ? c : '?');
        }
        return name.length() == 0 ? "?" : name.toString();
    }

    /** A message as one line without control characters, cut to a length that fits. */
    static String message(String text) {
        StringBuilder message = new StringBuilder();
        int bytes = 0;
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            boolean printable = !Character.isISOControl(c) && c != 0x2028 && c != 0x2029 && !isSurrogate(c);
            int shown = printable ? c : ' ';
            bytes += shown < 0x80 ? 1 : shown < 0x800 ? 2 : shown < 0x10000 ? 3 : 4;
            if (bytes > MAX_MESSAGE_BYTES) {
                break;
            }
            message.appendCodePoint(shown);
        }
        String line = message.toString().strip();
        return line.isEmpty() ? "no reason given" : line;
    }

    private static boolean isSurrogate(int codePoint) {
        return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
    }

    static void putInt(byte[] bytes, int at, int value) {
        bytes[at] = (byte) (value >>> 24);
        bytes[at + 1] = (byte) (value >>> 16);
        bytes[at + 2] = (byte) (value >>> 8);
        bytes[at + 3] = (byte) value;
    }

    static int getInt(byte[] bytes, int at) {
        return bytes[at] << 24 | (bytes[at + 1] & 0xFF) << 16 | (bytes[at + 2] & 0xFF) << 8 | bytes[at + 3] & 0xFF;
    }

    static byte[] bytes(String line) {
        return line.getBytes(StandardCharsets.UTF_8);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Paths by names in UTF-8, whatever the locale of this process. Java writes and reads names in the locale's encoding: under {@code LC_ALL=C}, as cron and
 * init systems have it, it knows no others than ASCII ones. The bytes of a name pass unchanged through the URI of a path only.
 */
final class Utf8Path {
    private Utf8Path() {}

    /**
     * @param text an absolute path, as PostgreSQL tells it; others are left to the locale
     * @return the path with the bytes of that text in UTF-8
     */
    static Path of(String text) {
        if (isAscii(text) || !text.startsWith("/")) {
            return Path.of(text);
        }
        String encoded = URLEncoder.encode(text, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("%2F", "/");
        return Path.of(URI.create("file://" + encoded));
    }

    /**
     * @param path a path
     * @return it as text, read as UTF-8
     * @throws CharacterCodingException when it is not that
     */
    static String text(Path path) throws CharacterCodingException {
        String text = path.toString();
        if (isAscii(text) && text.indexOf('?') < 0) {
            return text;
        }
        // A relative path becomes one below the root, whose slash is then taken away.
        String encoded = Path.of("/").resolve(path).toUri().getRawPath();
        String decoded = decode(encoded);
        String absolute = decoded.length() > 1 && decoded.endsWith("/") && !text.endsWith("/")
                ? decoded.substring(0, decoded.length() - 1)
                : decoded;
        return path.isAbsolute() ? absolute : absolute.substring(1);
    }

    private static boolean isAscii(String text) {
        return text.chars().allMatch(c -> c < 0x80);
    }

    private static String decode(String encoded) throws CharacterCodingException {
        ByteBuffer bytes = ByteBuffer.allocate(encoded.length());
        for (int i = 0; i < encoded.length(); i++) {
            if (encoded.charAt(i) == '%') {
                bytes.put((byte) Integer.parseInt(encoded, i + 1, i + 3, 16));
                i += 2;
            } else {
                bytes.put((byte) encoded.charAt(i));
            }
        }
        return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
    }
}

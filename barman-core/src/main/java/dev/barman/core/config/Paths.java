// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Paths as text: options are shown as they were written, so they are joined without being normalised. */
final class Paths {
    private static final int INDEX_HASH_BYTES = 6;

    private Paths() {}

    static String join(String directory, String name) {
        if (name.startsWith("/")) {
            return name;
        }
        return directory.endsWith("/") || directory.isEmpty() ? directory + name : directory + "/" + name;
    }

    /** Whether a text is meant as a URL: no path that anybody uses has two slashes behind a colon. */
    static boolean isUrl(String text) {
        return text.matches("[A-Za-z][A-Za-z0-9+.-]*://.*");
    }

    /**
     * The name of the directory for the index of an archive at a URL. Each URL has another: an index names the files of one archive, and with that of another a backup
     * would seem to miss its WAL.
     */
    static String indexOf(String url) {
        String place = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(place.getBytes(StandardCharsets.UTF_8));
            return "wal-index-" + HexFormat.of().formatHex(hash, 0, INDEX_HASH_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Replaces a leading {@code ~} by the home directory of the user. */
    static String expandHome(String path, String home) {
        if (path.equals("~")) {
            return home;
        }
        return path.startsWith("~/") ? join(home, path.substring(2)) : path;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

/** Paths as text: options are shown as they were written, so they are joined without being normalised. */
final class Paths {
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

    /** Replaces a leading {@code ~} by the home directory of the user. */
    static String expandHome(String path, String home) {
        if (path.equals("~")) {
            return home;
        }
        return path.startsWith("~/") ? join(home, path.substring(2)) : path;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The password file (PostgreSQL documentation, "The Password File"). */
final class PasswordFile {

    private static final Logger LOG = LoggerFactory.getLogger(PasswordFile.class);

    private PasswordFile() {}

    /**
     * The password of the first line that matches.
     *
     * <p>As in libpq a file that is absent is passed over in silence; one that is not a plain file, or that its group or
     * others may use, is passed over with a warning.
     *
     * @param host host name, address, or {@code localhost} for a socket in the default directory
     */
    static Optional<String> find(Path file, String host, String port, String database, String user) {
        String content;
        try {
            PosixFileAttributes attributes = Files.readAttributes(file, PosixFileAttributes.class);
            if (!attributes.isRegularFile()) {
                LOG.warn("password file \"{}\" is not a plain file", file);
                return Optional.empty();
            }
            for (PosixFilePermission permission : attributes.permissions()) {
                if (!permission.name().startsWith("OWNER_")) {
                    LOG.warn(
                            "password file \"{}\" has group or world access; permissions should be u=rw (0600) or less",
                            file);
                    return Optional.empty();
                }
            }
            // Not readAllLines: a line that is not UTF-8 must not hide the others.
            content = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return Optional.empty();
        }
        for (String line : content.split("\r?\n", -1)) {
            if (line.isEmpty() || line.charAt(0) == '#') {
                continue;
            }
            int at = 0;
            for (String expected : new String[] {host, port, database, user}) {
                at = at < 0 ? at : matchField(line, at, expected);
            }
            if (at >= 0) {
                return Optional.of(unescape(line, at));
            }
        }
        return Optional.empty();
    }

    /** The position behind the field's colon if the field is {@code *} or equals the expected text, else -1. */
    private static int matchField(String line, int start, String expected) {
        if (line.startsWith("*:", start)) {
            return start + 2;
        }
        int at = start;
        int matched = 0;
        while (at < line.length() && line.charAt(at) != ':') {
            if (line.charAt(at) == '\\' && at + 1 < line.length()) {
                at++;
            }
            if (matched == expected.length() || line.charAt(at) != expected.charAt(matched)) {
                return -1;
            }
            matched++;
            at++;
        }
        return matched == expected.length() && at < line.length() ? at + 1 : -1;
    }

    private static String unescape(String line, int start) {
        StringBuilder password = new StringBuilder();
        for (int at = start; at < line.length() && line.charAt(at) != ':'; at++) {
            if (line.charAt(at) == '\\' && at + 1 < line.length()) {
                at++;
            }
            password.append(line.charAt(at));
        }
        return password.toString();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.spool;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.zip.CRC32;

/**
 * Where the spool of a standby lies: {@code BASE/HOST/SERVER/SYSTEM-ID/STANDBY}, or with a bucket in place of the host. Files of different archives, of clusters that
 * were created anew under the same name, and of standbys that share a host so never meet.
 */
public final class SpoolLocation {
    private static final int MAX_NAME = 100;
    private static final int MAX_PATH = 200;
    private static final char SEPARATOR = '=';

    private SpoolLocation() {}

    /**
     * The directory of everything that comes from one archive.
     *
     * @param base the directory given by the user
     * @param host the Barman host as given by the user
     * @param server the server's name in Barman's configuration
     */
    public static Path ofServer(Path base, String host, String server) {
        return base.resolve(fileName(host)).resolve(fileName(server));
    }

    /**
     * The directory of everything that comes from one archive that has no host.
     *
     * @param base the directory given by the user
     * @param place what the archive is called by those who use it, best with slashes as the only special characters
     * @param server the server's name there
     */
    public static Path ofPlace(Path base, String place, String server) {
        return base.resolve(nameOfPath(place)).resolve(fileName(server));
    }

    /**
     * The directory of one standby.
     *
     * @param ofServer what {@link #ofServer} gives
     * @param systemIdentifier the cluster's, unsigned
     * @param standby where the standby runs, normally its data directory; absolute, without links
     */
    public static Path ofStandby(Path ofServer, long systemIdentifier, Path standby) {
        return ofServer.resolve(Long.toUnsignedString(systemIdentifier)).resolve(nameOfPath(standby.toString()));
    }

    /** The path with another separator; the launchers compute the same. */
    private static String nameOfPath(String path) {
        StringBuilder name = new StringBuilder(path.length());
        for (int i = path.startsWith("/") ? 1 : 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c != '/' && !isHarmless(c)) {
                return "~" + checksum(path);
            }
            name.append(c == '/' ? SEPARATOR : c);
        }
        return name.length() == 0 || name.length() > MAX_PATH ? "~" + checksum(path) : name.toString();
    }

    private static boolean isHarmless(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '-'
                || c == '_'
                || c == '.';
    }

    /** The text itself where it is a harmless file name; otherwise what is harmless of it, made unique. */
    private static String fileName(String text) {
        StringBuilder harmless = new StringBuilder(text.length());
        for (int i = 0; i < text.length() && i < MAX_NAME; i++) {
            char c = text.charAt(i);
            harmless.append(isHarmless(c) && !(c == '.' && i == 0) ? c : '_');
        }
        if (!text.isEmpty() && text.contentEquals(harmless)) {
            return text;
        }
        return harmless.append('~').append(checksum(text)).toString();
    }

    /** Eight hexadecimal digits for a text. */
    public static String checksum(String text) {
        CRC32 crc = new CRC32();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        String hex = Long.toHexString(crc.getValue());
        return "00000000".substring(hex.length()) + hex;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * One place to try a connection at.
 *
 * @param host the host name for TLS, Kerberos and messages; for a socket its directory
 * @param address the numeric address to connect to when it differs from resolving the host name, or null
 * @param port the port, which also names the socket file
 * @param socket the socket file, or null for TCP
 * @param password the password for this place, or null
 */
record Endpoint(
        String host,
        @Nullable String address,
        int port,
        @Nullable Path socket,
        @Nullable String password) {

    /** For messages; without the password. */
    @Override
    public String toString() {
        if (socket != null) {
            return "socket \"" + socket + "\"";
        }
        return address == null || address.equals(host)
                ? "\"" + host + "\", port " + port
                : "\"" + host + "\" (" + address + "), port " + port;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import java.net.InetAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Objects;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Makes the driver's sockets where it cannot: Unix-domain sockets, and a numeric address ({@code hostaddr}) under the name
 * that TLS verifies. Public with a constructor of one text because PgJDBC creates it by reflection; not for other use.
 */
public final class PostgresSocketFactory extends SocketFactory {

    private static final String UNIX = "unix:";
    private static final String ADDRESS = "address:";
    private static final String PEER = "\u0000";

    private final String argument;

    /**
     * Called by PgJDBC.
     *
     * @param argument what {@link #unix} or {@link #address} made
     */
    public PostgresSocketFactory(String argument) {
        this.argument = Objects.requireNonNull(argument, "argument");
    }

    static String unix(Path socket, @Nullable String requiredPeer) {
        return UNIX + socket + PEER + (requiredPeer == null ? "" : requiredPeer);
    }

    static String address(String numericAddress) {
        return ADDRESS + numericAddress;
    }

    @Override
    public Socket createSocket() throws UnknownHostException {
        if (argument.startsWith(UNIX)) {
            int peer = argument.indexOf(PEER);
            return new UnixSocket(
                    Path.of(argument.substring(UNIX.length(), peer)), argument.substring(peer + PEER.length()));
        }
        return new AddressSocket(InetAddress.getByName(argument.substring(ADDRESS.length())));
    }

    @Override
    public Socket createSocket(String host, int port) {
        throw unsupported();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
        throw unsupported();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
        throw unsupported();
    }

    @Override
    public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort) {
        throw unsupported();
    }

    private static UnsupportedOperationException unsupported() {
        return new UnsupportedOperationException("the driver connects sockets itself");
    }
}

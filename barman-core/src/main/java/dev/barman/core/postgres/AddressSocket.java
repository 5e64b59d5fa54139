// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;

/** A socket that goes to a fixed address, whatever name it is asked to connect to. */
final class AddressSocket extends Socket {

    private final InetAddress address;

    AddressSocket(InetAddress address) {
        this.address = address;
    }

    @Override
    public void connect(SocketAddress endpoint, int timeoutMillis) throws IOException {
        super.connect(new InetSocketAddress(address, ((InetSocketAddress) endpoint).getPort()), timeoutMillis);
    }
}

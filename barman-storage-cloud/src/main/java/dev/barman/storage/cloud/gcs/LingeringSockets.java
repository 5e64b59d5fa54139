// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.gcs;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import javax.net.ssl.SSLSocketFactory;

/**
 * Makes TLS sockets that can be closed by another thread while one is writing. Closing a TLS socket sends a last record, for which it waits until nobody else
 * is writing: without end when the peer takes nothing. A linger time limits that wait. Immutable.
 */
final class LingeringSockets extends SSLSocketFactory {
    private static final int LINGER_SECONDS = 1;

    private final SSLSocketFactory sockets;

    LingeringSockets(SSLSocketFactory sockets) {
        this.sockets = sockets;
    }

    private static Socket lingering(Socket socket) throws IOException {
        socket.setSoLinger(true, LINGER_SECONDS);
        return socket;
    }

    @Override
    public Socket createSocket() throws IOException {
        return lingering(sockets.createSocket());
    }

    @Override
    public Socket createSocket(Socket socket, String host, int port, boolean autoClose) throws IOException {
        return lingering(sockets.createSocket(socket, host, port, autoClose));
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return lingering(sockets.createSocket(host, port));
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) throws IOException {
        return lingering(sockets.createSocket(host, port, localHost, localPort));
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return lingering(sockets.createSocket(host, port));
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort) throws IOException {
        return lingering(sockets.createSocket(host, port, localHost, localPort));
    }

    @Override
    public String[] getDefaultCipherSuites() {
        return sockets.getDefaultCipherSuites();
    }

    @Override
    public String[] getSupportedCipherSuites() {
        return sockets.getSupportedCipherSuites();
    }
}

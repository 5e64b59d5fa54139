// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;

/**
 * A Unix-domain socket in the shape PgJDBC uses: blocking streams with a read timeout, TCP options ignored. The channel is
 * non-blocking and waits on selectors, because a blocking channel has no read timeout. One reading and one writing thread;
 * closing from another thread ends both.
 */
final class UnixSocket extends Socket {

    private final Path path;
    private final String requiredPeer;
    private final SocketChannel channel;
    private volatile int timeoutMillis;
    private @Nullable InputStream input;
    private @Nullable OutputStream output;

    /** @param requiredPeer the operating system user the server must run as, or empty text */
    UnixSocket(Path path, String requiredPeer) {
        this.path = path;
        this.requiredPeer = requiredPeer;
        try {
            this.channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        } catch (IOException e) {
            throw new IllegalStateException("this platform offers no Unix-domain sockets", e);
        }
    }

    @Override
    public void connect(SocketAddress endpoint) throws IOException {
        connect(endpoint, 0);
    }

    @Override
    public void connect(SocketAddress endpoint, int connectTimeoutMillis) throws IOException {
        try {
            channel.connect(UnixDomainSocketAddress.of(path));
        } catch (IOException e) {
            throw new IOException(
                    "connection to server on socket \"" + path + "\" failed: " + e.getMessage()
                            + ". Is the server running locally and accepting connections on that socket?",
                    e);
        }
        if (!requiredPeer.isEmpty()) {
            String peer =
                    channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user().getName();
            if (!peer.equals(requiredPeer)) {
                throw new IOException("requirepeer specifies \"" + requiredPeer + "\", but the server on socket \""
                        + path + "\" runs as \"" + peer + "\"");
            }
        }
        channel.configureBlocking(false);
    }

    @Override
    public InputStream getInputStream() throws IOException {
        if (input == null) {
            input = new ChannelInput();
        }
        return input;
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
        if (output == null) {
            output = new ChannelOutput();
        }
        return output;
    }

    private final class ChannelInput extends InputStream {
        private final Selector selector;

        ChannelInput() throws IOException {
            selector = Selector.open();
            channel.register(selector, SelectionKey.OP_READ);
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            ByteBuffer target = ByteBuffer.wrap(buffer, offset, length);
            int count = channel.read(target);
            while (count == 0) {
                if (selector.select(timeoutMillis) == 0 && timeoutMillis > 0) {
                    throw new SocketTimeoutException("read timed out on socket \"" + path + "\"");
                }
                selector.selectedKeys().clear();
                count = channel.read(target);
            }
            return count;
        }

        @Override
        public void close() throws IOException {
            selector.close();
            UnixSocket.this.close();
        }
    }

    private final class ChannelOutput extends OutputStream {
        private final Selector selector;

        ChannelOutput() throws IOException {
            selector = Selector.open();
            channel.register(selector, SelectionKey.OP_WRITE);
        }

        @Override
        public void write(int oneByte) throws IOException {
            write(new byte[] {(byte) oneByte}, 0, 1);
        }

        @Override
        public void write(byte[] buffer, int offset, int length) throws IOException {
            ByteBuffer source = ByteBuffer.wrap(buffer, offset, length);
            while (source.hasRemaining()) {
                if (channel.write(source) == 0) {
                    selector.select();
                    selector.selectedKeys().clear();
                }
            }
        }

        @Override
        public void close() throws IOException {
            selector.close();
            UnixSocket.this.close();
        }
    }

    @Override
    public synchronized void close() throws IOException {
        channel.close();
        if (input instanceof ChannelInput open) {
            open.selector.close();
        }
        if (output instanceof ChannelOutput open) {
            open.selector.close();
        }
    }

    @Override
    public boolean isClosed() {
        return !channel.isOpen();
    }

    @Override
    public boolean isConnected() {
        return channel.isConnected();
    }

    @Override
    public boolean isBound() {
        return isConnected();
    }

    @Override
    public InetAddress getInetAddress() {
        return InetAddress.getLoopbackAddress();
    }

    @Override
    public synchronized void setSoTimeout(int millis) {
        timeoutMillis = millis;
    }

    @Override
    public synchronized int getSoTimeout() {
        return timeoutMillis;
    }

    @Override
    public void setTcpNoDelay(boolean on) {
        // There is no TCP.
    }

    @Override
    public void setKeepAlive(boolean on) {
        // The kernel knows when a local peer is gone.
    }

    @Override
    public synchronized int getSendBufferSize() {
        return 64 * 1024;
    }

    @Override
    public synchronized void setSendBufferSize(int size) {
        // The kernel's size serves.
    }

    @Override
    public synchronized int getReceiveBufferSize() {
        return 64 * 1024;
    }

    @Override
    public synchronized void setReceiveBufferSize(int size) {
        // The kernel's size serves.
    }

    @Override
    public void shutdownInput() throws IOException {
        channel.shutdownInput();
    }

    @Override
    public void shutdownOutput() throws IOException {
        channel.shutdownOutput();
    }

    @Override
    public String toString() {
        return "UnixSocket[" + path + "]";
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import javax.net.ServerSocketFactory;

/** Listens on a loopback port, for what stands for a server while the class archive is trained. Nobody waits for it, or is waited for, without end. */
final class TrainingServer implements AutoCloseable {
    private static final int BACKLOG = 50;
    private static final int TIMEOUT_MILLIS = 10_000;

    private final String name;
    private final ServerSocket listener;
    private final Conversation conversation;

    /** What is said over a connection. Both streams are buffered. */
    @FunctionalInterface
    interface Conversation {
        void hold(InputStream in, OutputStream out) throws IOException;
    }

    private TrainingServer(String name, ServerSocket listener, Conversation conversation) {
        this.name = name;
        this.listener = listener;
        this.conversation = conversation;
    }

    /**
     * @param name of the threads
     * @param sockets what it listens with
     */
    static TrainingServer start(String name, ServerSocketFactory sockets, Conversation conversation)
            throws IOException {
        ServerSocket listener = sockets.createServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
        TrainingServer server = new TrainingServer(name, listener, conversation);
        daemon(name, server::accept);
        return server;
    }

    private static void daemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    int port() {
        return listener.getLocalPort();
    }

    private void accept() {
        // Whatever ends this, nobody must wait for an answer.
        try (listener) {
            while (!listener.isClosed()) {
                Socket connection = listener.accept();
                connection.setSoTimeout(TIMEOUT_MILLIS);
                daemon(name + "-connection", () -> serve(connection));
            }
        } catch (IOException e) {
            // It has been closed.
            return;
        }
    }

    private void serve(Socket connection) {
        try (connection;
                InputStream in = new BufferedInputStream(connection.getInputStream());
                OutputStream out = new BufferedOutputStream(connection.getOutputStream())) {
            conversation.hold(in, out);
        } catch (IOException e) {
            // The client has closed the connection.
            return;
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}

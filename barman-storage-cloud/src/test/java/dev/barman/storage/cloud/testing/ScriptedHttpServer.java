// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.testing;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP server on a free loopback port that does exactly what a test says, the wrong things in particular: it answers late or
 * never, cuts connections in the middle of a request or of an answer, and tells lies. One thread per connection.
 */
public final class ScriptedHttpServer implements AutoCloseable {
    /** What the server does with a request. */
    @FunctionalInterface
    public interface Script {
        /**
         * @param exchange the request, and the way to answer it; one that is neither answered nor cut leaves the client waiting
         */
        void handle(Exchange exchange) throws Exception;
    }

    /** A request and its answer. */
    public static final class Exchange {
        private final Socket socket;
        private final InputStream in;
        private final String method;
        private final String target;
        private final Map<String, String> headers;
        private byte @Nullable [] body;

        private Exchange(Socket socket, InputStream in, String method, String target, Map<String, String> headers) {
            this.socket = socket;
            this.in = in;
            this.method = method;
            this.target = target;
            this.headers = headers;
        }

        /** {@return the request's method} */
        public String method() {
            return method;
        }

        /** {@return path and query as they were sent} */
        public String target() {
            return target;
        }

        /** {@return a header of the request, empty when it is not there; names in lower case} */
        public String header(String name) {
            return headers.getOrDefault(name, "");
        }

        private long length() {
            return headers.containsKey("content-length") ? Long.parseLong(header("content-length")) : 0;
        }

        private void allowBody() throws IOException {
            if (header("expect").toLowerCase(Locale.ROOT).contains("100-continue")) {
                socket.getOutputStream().write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            }
        }

        /** {@return the body, read to its end} */
        public byte[] body() throws IOException {
            if (body == null) {
                allowBody();
                if (header("transfer-encoding").equalsIgnoreCase("chunked")) {
                    body = chunked();
                } else {
                    body = in.readNBytes((int) length());
                    if (body.length < length()) {
                        throw new EOFException("the client cut its request");
                    }
                }
            }
            return body;
        }

        private byte[] chunked() throws IOException {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            while (true) {
                int length = Integer.parseInt(line(in).strip(), 16);
                all.writeBytes(in.readNBytes(length));
                line(in);
                if (length == 0) {
                    return all.toByteArray();
                }
            }
        }

        /** Reads a part of the body and then resets the connection. */
        public void cutAfterReading(int bytes) throws IOException {
            allowBody();
            in.readNBytes(bytes);
            cut();
        }

        /** Resets the connection. */
        public void cut() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }

        /** Answers with a text. */
        public void answer(int status, String text) throws IOException {
            answer(status, Map.of(), text.getBytes(StandardCharsets.UTF_8));
        }

        /** Answers, after having read the request to its end. */
        public void answer(int status, Map<String, String> answerHeaders, byte[] content) throws IOException {
            body();
            answerHead(status, answerHeaders, content.length);
            if (!method.equals("HEAD")) {
                socket.getOutputStream().write(content);
            }
            socket.getOutputStream().flush();
        }

        /** Sends the head of an answer of a length, then less than that, and resets the connection. */
        public void answerAndCut(int status, Map<String, String> answerHeaders, long length, byte[] beginning)
                throws IOException, InterruptedException {
            body();
            answerHead(status, answerHeaders, length);
            socket.getOutputStream().write(beginning);
            socket.getOutputStream().flush();
            // A reset may take along what was sent before; an orderly end too early is a cut as well.
            socket.shutdownOutput();
            Thread.sleep(50);
            socket.close();
        }

        private void answerHead(int status, Map<String, String> answerHeaders, long length) throws IOException {
            StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " Scripted\r\n");
            answerHeaders.forEach((name, value) ->
                    head.append(name).append(": ").append(value).append("\r\n"));
            if (answerHeaders.keySet().stream().noneMatch(name -> name.equalsIgnoreCase("content-length"))) {
                head.append("Content-Length: ").append(length).append("\r\n");
            }
            OutputStream out = socket.getOutputStream();
            out.write(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
        }
    }

    private final ServerSocket listener;
    private final Script script;
    private final List<Socket> connections = new CopyOnWriteArrayList<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();

    private ScriptedHttpServer(ServerSocket listener, Script script) {
        this.listener = listener;
        this.script = script;
    }

    /**
     * @param script what happens with every request; called by several threads
     * @return the running server
     */
    public static ScriptedHttpServer start(Script script) throws IOException {
        ScriptedHttpServer server =
                new ScriptedHttpServer(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), script);
        Thread thread = new Thread(server::accept, "scripted-http");
        thread.setDaemon(true);
        thread.start();
        return server;
    }

    /** {@return where the server listens} */
    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + listener.getLocalPort());
    }

    /** {@return method and target of all requests so far} */
    public List<String> requests() {
        return List.copyOf(requests);
    }

    /** {@return what went wrong in the script, apart from connections that ended} */
    public List<Throwable> failures() {
        return List.copyOf(failures);
    }

    private void accept() {
        while (true) {
            try {
                Socket socket = listener.accept();
                socket.setTcpNoDelay(true);
                connections.add(socket);
                Thread thread = new Thread(() -> serve(socket), "scripted-http-connection");
                thread.setDaemon(true);
                thread.start();
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream(), 64 * 1024);
            while (!socket.isClosed()) {
                String first = line(in);
                if (first.isEmpty()) {
                    return;
                }
                String[] words = first.split(" ");
                Map<String, String> headers = new TreeMap<>();
                String header;
                while (!(header = line(in)).isEmpty()) {
                    int colon = header.indexOf(':');
                    headers.put(
                            header.substring(0, colon).toLowerCase(Locale.ROOT),
                            header.substring(colon + 1).strip());
                }
                requests.add(words[0] + " " + words[1]);
                script.handle(new Exchange(socket, in, words[0], words[1], headers));
            }
        } catch (IOException e) {
            // The client has gone.
        } catch (Exception | Error e) {
            failures.add(e);
        }
    }

    private static String line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        int c;
        while ((c = in.read()) >= 0 && c != '\n') {
            if (c != '\r') {
                line.write(c);
            }
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : connections) {
            socket.close();
        }
    }
}

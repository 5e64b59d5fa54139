// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import com.google.common.primitives.Bytes;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import javax.net.ServerSocketFactory;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * A store on a loopback port that speaks as much of the S3 protocol as the training of the class archive needs, with objects in
 * memory. It checks nothing: neither who asks, nor what it is sent. Thread-safe.
 */
final class TrainingStore implements AutoCloseable {
    private static final String KEYS = "BARMAN_TRAINING_KEYS";
    private static final String BUCKET = "/training";
    private static final String NO_SUCH_KEY = "<Error><Code>NoSuchKey</Code><Message>none</Message></Error>";
    private static final String TAKEN = "<Error><Code>PreconditionFailed</Code><Message>taken</Message></Error>";

    private static final String UPLOAD =
            "<InitiateMultipartUploadResult><UploadId>training</UploadId></InitiateMultipartUploadResult>";
    private static final String COMPLETED =
            "<CompleteMultipartUploadResult><ETag>\"training\"</ETag></CompleteMultipartUploadResult>";

    private final TrainingServer server;
    private final String scheme;
    private final Map<String, byte[]> objects = new TreeMap<>();

    private TrainingStore(String scheme, ServerSocketFactory sockets) throws IOException {
        this.scheme = scheme;
        this.server = TrainingServer.start("training-store", sockets, this::converse);
    }

    static TrainingStore start() throws IOException {
        return new TrainingStore("http", ServerSocketFactory.getDefault());
    }

    /**
     * One that speaks TLS, if {@code lib/prepare} could make a key for it. Its clients find the authority in {@code AWS_CA_BUNDLE}.
     *
     * @return nothing where {@value #KEYS} does not say where the key is
     */
    static Optional<TrainingStore> startTls() throws IOException {
        String keys = System.getenv(KEYS);
        return keys == null || keys.isEmpty() ? Optional.empty() : Optional.of(startTls(Path.of(keys)));
    }

    private static TrainingStore startTls(Path keys) throws IOException {
        // It protects nothing.
        char[] password = "training".toCharArray();
        try {
            KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            managers.init(KeyStore.getInstance(keys.toFile(), password), password);
            SSLContext context = SSLContext.getInstance("TLS");
            // Null: Java's own authorities are read, as by a client that is not told of others.
            context.init(managers.getKeyManagers(), null, null);
            return new TrainingStore("https", context.getServerSocketFactory());
        } catch (GeneralSecurityException e) {
            throw new IOException("Cannot use the keys in " + keys, e);
        }
    }

    URI endpoint() {
        return URI.create(scheme + "://127.0.0.1:" + server.port());
    }

    /** The address of the bucket and a path in it, for the commands. */
    String url() {
        return "s3:/" + BUCKET + "/path";
    }

    /** Stores an object below the path of {@link #url}. */
    void put(String key, byte[] content) {
        synchronized (objects) {
            objects.put("path/" + key, content);
        }
    }

    private void converse(InputStream in, OutputStream out) throws IOException {
        for (Request request = read(in, out); request != null; request = read(in, out)) {
            answer(request, out);
            out.flush();
        }
    }

    /**
     * @param sum the name and value of the header by which an upload, or a part, is to have a checksum, which the answer repeats
     */
    private record Request(String method, String path, String query, boolean createOnly, String sum, byte[] body) {}

    private static @Nullable Request read(InputStream in, OutputStream out) throws IOException {
        String first = line(in);
        if (first.isEmpty()) {
            return null;
        }
        int length = 0;
        boolean createOnly = false;
        String sum = "";
        for (String header = line(in); !header.isEmpty(); header = line(in)) {
            String lower = header.toLowerCase(Locale.ROOT);
            if (lower.startsWith("content-length:")) {
                length =
                        Integer.parseInt(lower.substring(lower.indexOf(':') + 1).strip());
            } else if (lower.startsWith("if-none-match:")) {
                createOnly = true;
            } else if (lower.startsWith("x-amz-checksum-")) {
                sum = header;
            } else if (lower.startsWith("expect:")) {
                out.write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                out.flush();
            }
        }
        String[] words = first.split(" ", -1);
        URI target = URI.create(words[1]);
        String query = target.getRawQuery();
        byte[] body = in.readNBytes(length);
        if (body.length < length) {
            // Whoever breaks off has stored nothing.
            return null;
        }
        return new Request(words[0], target.getPath(), query == null ? "" : query, createOnly, sum, body);
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    private void answer(Request request, OutputStream out) throws IOException {
        String key = request.path.length() > BUCKET.length() + 1 ? request.path.substring(BUCKET.length() + 1) : "";
        synchronized (objects) {
            byte[] object = objects.get(key);
            switch (request.method) {
                case "PUT" -> {
                    if (request.query.contains("partNumber=") && request.sum.isEmpty()) {
                        // What is trained is the way with checksums.
                        send(out, "400 Bad Request", bytes("<Error><Code>InvalidRequest</Code></Error>"), true);
                    } else if (request.query.contains("partNumber=")) {
                        objects.merge(partsOf(key), request.body, Bytes::concat);
                        send(out, okWith(request.sum), new byte[0], true);
                    } else if (request.createOnly && object != null) {
                        send(out, "412 Precondition Failed", bytes(TAKEN), true);
                    } else {
                        objects.put(key, request.body);
                        send(out, "200 OK", new byte[0], true);
                    }
                }
                case "DELETE" -> {
                    objects.remove(request.query.startsWith("uploadId") ? partsOf(key) : key);
                    send(out, "204 No Content", null, true);
                }
                case "POST" -> {
                    if (request.query.startsWith("uploads")) {
                        objects.put(partsOf(key), new byte[0]);
                        send(out, okWith(request.sum), bytes(UPLOAD), true);
                        return;
                    }
                    if (request.query.startsWith("uploadId")) {
                        objects.put(key, objects.remove(partsOf(key)));
                        send(out, "200 OK", bytes(COMPLETED), true);
                        return;
                    }
                    deleteAll(new String(request.body, StandardCharsets.UTF_8));
                    send(out, "200 OK", bytes("<DeleteResult></DeleteResult>"), true);
                }
                default -> {
                    boolean get = request.method.equals("GET");
                    if (key.isEmpty()) {
                        send(out, "200 OK", get ? list(request.query) : new byte[0], get);
                    } else if (object == null) {
                        send(out, "404 Not Found", bytes(NO_SUCH_KEY), get);
                    } else {
                        send(out, "200 OK", object, get);
                    }
                }
            }
        }
    }

    /** Where the parts of an upload are until it is completed; they come in order. */
    private static String partsOf(String key) {
        return "/parts/" + key;
    }

    private void deleteAll(String xml) {
        for (String part : xml.split("<Key>", -1)) {
            int end = part.indexOf("</Key>");
            if (end >= 0) {
                objects.remove(part.substring(0, end));
            }
        }
    }

    private byte[] list(String query) {
        String prefix = parameter(query, "prefix");
        boolean directories = !parameter(query, "delimiter").isEmpty();
        StringBuilder xml = new StringBuilder("<ListBucketResult><IsTruncated>false</IsTruncated>");
        String before = "";
        for (Map.Entry<String, byte[]> object : objects.entrySet()) {
            String key = object.getKey();
            if (!key.startsWith(prefix)) {
                continue;
            }
            int slash = key.indexOf('/', prefix.length());
            if (!directories || slash < 0) {
                xml.append("<Contents><Key>").append(key).append("</Key><Size>").append(object.getValue().length);
                xml.append("</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>");
            } else if (!before.equals(key.substring(0, slash + 1))) {
                before = key.substring(0, slash + 1);
                xml.append("<CommonPrefixes><Prefix>").append(before).append("</Prefix></CommonPrefixes>");
            }
        }
        return bytes(xml.append("</ListBucketResult>").toString());
    }

    private static String parameter(String query, String name) {
        for (String parameter : query.split("&", -1)) {
            if (parameter.startsWith(name + "=")) {
                return URLDecoder.decode(parameter.substring(name.length() + 1), StandardCharsets.UTF_8);
            }
        }
        return "";
    }

    private static String okWith(String header) {
        return header.isEmpty() ? "200 OK" : "200 OK\r\n" + header;
    }

    private static void send(OutputStream out, String status, byte @Nullable [] body, boolean withBody)
            throws IOException {
        StringBuilder head = new StringBuilder("HTTP/1.1 ").append(status).append("\r\nETag: \"training\"\r\n");
        head.append("Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n");
        if (body != null) {
            head.append("Content-Length: ").append(body.length).append("\r\n");
        }
        out.write(bytes(head.append("\r\n").toString()));
        if (body != null && withBody) {
            out.write(body);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}

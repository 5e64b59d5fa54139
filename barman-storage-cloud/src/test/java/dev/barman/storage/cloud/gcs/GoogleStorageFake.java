// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.gcs;

import com.google.api.client.json.GenericJson;
import com.google.api.client.json.JsonFactory;
import com.google.api.client.json.gson.GsonFactory;
import com.google.api.client.util.DateTime;
import com.google.api.services.storage.model.Bucket;
import com.google.api.services.storage.model.Objects;
import com.google.api.services.storage.model.StorageObject;
import dev.barman.object.ObjectKey;
import dev.barman.storage.cloud.testing.ScriptedHttpServer.Exchange;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.CRC32C;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The JSON interface of Google Cloud Storage in memory, as far as it is used here, written after Google's reference: conditions on
 * generations, both kinds of uploads, checksums, pages, batches, and the words of errors. {@code GcsPeerTest} has Google's own client
 * work with it. It is a script for a {@code ScriptedHttpServer}, so that a test can put failures in front of it. Thread-safe.
 */
public final class GoogleStorageFake {
    private static final JsonFactory JSON = GsonFactory.getDefaultInstance();
    private static final int UNIT = 256 * 1024;
    private static final int OK = 200;

    /** An answer that is an error. */
    private static final class Refusal extends Exception {
        private static final long serialVersionUID = 1L;
        private final int status;
        private final String reason;

        Refusal(int status, String reason, String message) {
            super(message);
            this.status = status;
            this.reason = reason;
        }
    }

    private record Stored(StorageObject metadata, byte[] content) {}

    private record Answer(int status, Map<String, String> headers, byte[] body) {}

    private static final class Upload {
        private final Map<String, String> query;
        private final StorageObject metadata;
        private final ByteArrayOutputStream received = new ByteArrayOutputStream();
        private @Nullable StorageObject object;

        Upload(Map<String, String> query, StorageObject metadata) {
            this.query = query;
            this.metadata = metadata;
        }
    }

    private final Map<String, NavigableMap<String, Stored>> buckets = new HashMap<>();
    private final Map<String, Upload> uploads = new HashMap<>();
    private final Set<String> kmsKeys = new HashSet<>();
    private long generation = 1_000;
    private int uploadNumber;

    /** Makes an empty bucket. */
    public synchronized void makeBucket(String name) {
        buckets.put(name, new TreeMap<>(ObjectKey::compareUtf8));
    }

    /** {@return the metadata of an object, null when there is none} */
    public synchronized @Nullable StorageObject metadata(String bucket, String key) {
        Stored stored = buckets.getOrDefault(bucket, new TreeMap<>()).get(key);
        return stored == null ? null : stored.metadata;
    }

    /** {@return the content of an object, which must exist} */
    public synchronized byte[] content(String bucket, String key) {
        return buckets.get(bucket).get(key).content.clone();
    }

    /** {@return how many uploads are neither complete nor cancelled} */
    public synchronized int openUploads() {
        return (int) uploads.values().stream().filter(u -> u.object == null).count();
    }

    /** {@return the keys of the key management service that were asked for} */
    public synchronized Set<String> kmsKeys() {
        return Set.copyOf(kmsKeys);
    }

    /** Answers a request. */
    public void handle(Exchange exchange) throws IOException {
        Answer answer = answer(exchange);
        exchange.answer(answer.status, answer.headers, answer.body);
    }

    /** Does what a request asks for, and keeps the answer. */
    public void handleUnanswered(Exchange exchange) throws IOException {
        answer(exchange);
    }

    private Answer answer(Exchange exchange) throws IOException {
        byte[] body = exchange.body();
        if (exchange.header("content-encoding").equals("gzip")) {
            body = new GZIPInputStream(new ByteArrayInputStream(body)).readAllBytes();
        }
        Map<String, String> headers = new HashMap<>();
        for (String name : List.of("range", "content-range", "x-goog-hash", "host")) {
            headers.put(name, exchange.header(name));
        }
        return answer(exchange.method(), exchange.target(), exchange.header("content-type"), headers, body);
    }

    private synchronized Answer answer(
            String method, String target, String type, Map<String, String> headers, byte[] body) throws IOException {
        int mark = target.indexOf('?');
        String path = mark < 0 ? target : target.substring(0, mark);
        Map<String, String> query = query(mark < 0 ? "" : target.substring(mark + 1));
        try {
            if (path.startsWith("/batch/")) {
                return batch(type, body);
            }
            boolean upload = path.startsWith("/upload/");
            boolean media = path.startsWith("/download/") || "media".equals(query.get("alt"));
            String[] parts = path.substring(path.indexOf("/storage/v1/") + "/storage/v1/".length())
                    .split("/");
            String bucket = parts.length > 1 ? decode(parts[1]) : "";
            String key = parts.length > 3 ? decode(parts[3]) : "";
            if (upload) {
                return upload(method, bucket, query, type, headers, body);
            }
            if (parts.length == 1) {
                return createBucket(body);
            }
            NavigableMap<String, Stored> objects = buckets.get(bucket);
            if (objects == null) {
                throw new Refusal(404, "notFound", "The specified bucket does not exist.");
            }
            if (parts.length == 2) {
                return json(
                        new Bucket().setName(bucket).setKind("storage#bucket").setId(bucket));
            }
            if (parts.length == 3) {
                return list(objects, query);
            }
            Stored stored = objects.get(key);
            String wanted = query.get("generation");
            if (stored == null
                    || (wanted != null
                            && !wanted.equals(stored.metadata.getGeneration().toString()))) {
                throw new Refusal(404, "notFound", "No such object: " + bucket + "/" + key);
            }
            if (method.equals("DELETE")) {
                objects.remove(key);
                return new Answer(204, Map.of(), new byte[0]);
            }
            return media ? download(stored, headers.get("range")) : json(stored.metadata);
        } catch (Refusal e) {
            return error(e);
        }
    }

    private static Answer error(Refusal e) {
        String text = "{\"error\":{\"code\":" + e.status + ",\"message\":\""
                + e.getMessage().replace("\\", "\\\\").replace("\"", "\\\"")
                + "\",\"errors\":[{\"domain\":\"global\",\"reason\":\"" + e.reason + "\"}]}}";
        return new Answer(
                e.status,
                Map.of("Content-Type", "application/json; charset=UTF-8"),
                text.getBytes(StandardCharsets.UTF_8));
    }

    private static Answer json(GenericJson object) throws IOException {
        return new Answer(
                OK,
                Map.of("Content-Type", "application/json; charset=UTF-8"),
                JSON.toString(object).getBytes(StandardCharsets.UTF_8));
    }

    private static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static Map<String, String> query(String text) {
        Map<String, String> query = new HashMap<>();
        for (String pair : text.split("&")) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                query.put(
                        pair.substring(0, equals),
                        URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
            }
        }
        return query;
    }

    private Answer createBucket(byte[] body) throws IOException, Refusal {
        String name = JSON.fromString(new String(body, StandardCharsets.UTF_8), Bucket.class)
                .getName();
        if (buckets.containsKey(name)) {
            throw new Refusal(409, "conflict", "Your previous request to create the named bucket succeeded.");
        }
        makeBucket(name);
        return json(new Bucket().setName(name));
    }

    private static Answer download(Stored stored, String range) throws Refusal {
        byte[] content = stored.content;
        int status = OK;
        if (!range.isEmpty()) {
            String[] ends = range.substring("bytes=".length()).split("-", 2);
            long from = Long.parseLong(ends[0]);
            if (from >= content.length) {
                throw new Refusal(416, "requestedRangeNotSatisfiable", "Request range not satisfiable");
            }
            long to = ends[1].isEmpty() ? content.length : Math.min(content.length, Long.parseLong(ends[1]) + 1);
            content = Arrays.copyOfRange(content, (int) from, (int) to);
            status = 206;
        }
        return new Answer(
                status,
                Map.of(
                        "Content-Type",
                        "application/octet-stream",
                        "x-goog-hash",
                        "crc32c=" + stored.metadata.getCrc32c() + ",md5=AAAA",
                        "x-goog-generation",
                        stored.metadata.getGeneration().toString()),
                content);
    }

    private static Answer list(NavigableMap<String, Stored> objects, Map<String, String> query) throws IOException {
        String prefix = query.getOrDefault("prefix", "");
        String delimiter = query.get("delimiter");
        int max = Integer.parseInt(query.getOrDefault("maxResults", "1000"));
        String after = query.get("pageToken");
        List<StorageObject> items = new ArrayList<>();
        Set<String> prefixes = new TreeSet<>();
        String last = null;
        String next = null;
        for (Map.Entry<String, Stored> entry : objects.entrySet()) {
            String key = entry.getKey();
            if (!key.startsWith(prefix) || (after != null && ObjectKey.compareUtf8(key, after) <= 0)) {
                continue;
            }
            if (items.size() + prefixes.size() >= max) {
                next = last;
                break;
            }
            last = key;
            int slash = delimiter == null ? -1 : key.indexOf(delimiter, prefix.length());
            if (slash >= 0) {
                prefixes.add(key.substring(0, slash + 1));
            } else {
                items.add(entry.getValue().metadata);
            }
        }
        Objects answer = new Objects().setKind("storage#objects").setNextPageToken(next);
        if (!items.isEmpty()) {
            answer.setItems(items);
        }
        return json(prefixes.isEmpty() ? answer : answer.setPrefixes(new ArrayList<>(prefixes)));
    }

    private Answer upload(
            String method,
            String bucket,
            Map<String, String> query,
            String type,
            Map<String, String> headers,
            byte[] body)
            throws IOException, Refusal {
        String id = query.get("upload_id");
        if (id != null) {
            return session(method, bucket, id, headers, body);
        }
        if (query.containsKey("kmsKeyName")) {
            kmsKeys.add(query.get("kmsKeyName"));
        }
        if ("resumable".equals(query.get("uploadType"))) {
            StorageObject metadata = body.length == 0
                    ? new StorageObject()
                    : JSON.fromString(new String(body, StandardCharsets.UTF_8), StorageObject.class);
            check(bucket, name(metadata, query), query);
            String started = "upload-" + ++uploadNumber;
            uploads.put(started, new Upload(query, metadata));
            return new Answer(
                    OK,
                    Map.of(
                            "Location",
                            "http://" + headers.get("host") + "/upload/storage/v1/b/" + bucket
                                    + "/o?uploadType=resumable&upload_id=" + started),
                    new byte[0]);
        }
        List<byte[]> parts = multipart(type, body);
        StorageObject metadata = JSON.fromString(new String(parts.get(0), StandardCharsets.UTF_8), StorageObject.class);
        return json(store(bucket, metadata, query, parts.get(1), ""));
    }

    private static String name(StorageObject metadata, Map<String, String> query) {
        return metadata.getName() == null ? String.valueOf(query.get("name")) : metadata.getName();
    }

    private void check(String bucket, String key, Map<String, String> query) throws Refusal {
        NavigableMap<String, Stored> objects = buckets.get(bucket);
        if (objects == null) {
            throw new Refusal(404, "notFound", "The specified bucket does not exist.");
        }
        if ("0".equals(query.get("ifGenerationMatch")) && objects.containsKey(key)) {
            throw new Refusal(412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.");
        }
    }

    private StorageObject store(
            String bucket, StorageObject metadata, Map<String, String> query, byte[] content, String hash)
            throws Refusal {
        String key = name(metadata, query);
        check(bucket, key, query);
        CRC32C sum = new CRC32C();
        sum.update(content);
        String calculated = GcsRequests.encoded((int) sum.getValue());
        String announced = hash.startsWith("crc32c=") ? hash.substring("crc32c=".length()) : metadata.getCrc32c();
        if (announced != null && !announced.equals(calculated)) {
            throw new Refusal(
                    400,
                    "invalid",
                    "Provided CRC32C '" + announced + "' doesn't match calculated CRC32C '" + calculated + "'.");
        }
        DateTime now = new DateTime(System.currentTimeMillis());
        StorageObject stored = metadata.clone()
                .setKind("storage#object")
                .setBucket(bucket)
                .setName(key)
                .setSize(BigInteger.valueOf(content.length))
                .setCrc32c(calculated)
                .setGeneration(++generation)
                .setMetageneration(1L)
                .setId(bucket + "/" + key + "/" + generation)
                .setTimeCreated(now)
                .setUpdated(now);
        buckets.get(bucket).put(key, new Stored(stored, content));
        return stored;
    }

    /** Takes what comes in order, and of the last bytes only whole units, unless the end is known. */
    private Answer session(String method, String bucket, String id, Map<String, String> headers, byte[] body)
            throws IOException, Refusal {
        Upload upload = uploads.get(id);
        if (upload == null) {
            throw new Refusal(404, "notFound", "No such upload");
        }
        if (method.equals("DELETE")) {
            uploads.remove(id);
            return new Answer(499, Map.of(), new byte[0]);
        }
        if (upload.object != null) {
            return json(upload.object);
        }
        String[] range =
                headers.get("content-range").substring("bytes ".length()).split("/");
        if (!range[0].equals("*")) {
            long from = Long.parseLong(range[0].substring(0, range[0].indexOf('-')));
            if (from != upload.received.size()) {
                throw new Refusal(503, "backendError", "not the next byte: " + from);
            }
            int taken = range[1].equals("*") ? body.length / UNIT * UNIT : body.length;
            upload.received.write(body, 0, taken);
        }
        if (!range[1].equals("*") && upload.received.size() == Long.parseLong(range[1])) {
            // Whether it becomes an object or is refused, this is its end.
            uploads.remove(id);
            upload.object = store(
                    bucket,
                    upload.metadata,
                    upload.query,
                    upload.received.toByteArray(),
                    headers.getOrDefault("x-goog-hash", ""));
            uploads.put(id, upload);
            return json(upload.object);
        }
        return incomplete(upload);
    }

    private static Answer incomplete(Upload upload) {
        return new Answer(
                308,
                upload.received.size() == 0 ? Map.of() : Map.of("Range", "bytes=0-" + (upload.received.size() - 1)),
                new byte[0]);
    }

    /** Takes the beginning of a body into an upload, as a store does whose connection is cut then. */
    public synchronized void takeBeginning(String target, byte[] beginning) {
        String id =
                String.valueOf(query(target.substring(target.indexOf('?') + 1)).get("upload_id"));
        uploads.get(id).received.write(beginning, 0, beginning.length / UNIT * UNIT);
    }

    private static List<byte[]> multipart(String type, byte[] body) {
        String boundary =
                type.substring(type.indexOf("boundary=") + "boundary=".length()).replace("\"", "");
        String text = new String(body, StandardCharsets.ISO_8859_1);
        List<byte[]> parts = new ArrayList<>();
        String separator = "--" + boundary;
        int at = text.indexOf(separator);
        while (true) {
            int start = text.indexOf("\r\n\r\n", at) + 4;
            int end = text.indexOf("\r\n" + separator, at + separator.length());
            if (end < 0) {
                return parts;
            }
            parts.add(text.substring(start, end).getBytes(StandardCharsets.ISO_8859_1));
            at = end + 2;
        }
    }

    private Answer batch(String type, byte[] body) throws IOException {
        StringBuilder answers = new StringBuilder();
        List<byte[]> parts = multipart(type, body);
        for (int i = 0; i < parts.size(); i++) {
            String[] request = new String(parts.get(i), StandardCharsets.UTF_8).split("[ \r\n]", 3);
            Answer answer = answer(request[0], request[1], "", Map.of("range", "", "content-range", ""), new byte[0]);
            answers.append("--b\r\nContent-Type: application/http\r\nContent-ID: <response-")
                    .append(i + 1)
                    .append(">\r\n\r\nHTTP/1.1 ")
                    .append(answer.status)
                    .append(" Said\r\nContent-Type: application/json\r\nContent-Length: ")
                    .append(answer.body.length)
                    .append("\r\n\r\n")
                    .append(new String(answer.body, StandardCharsets.UTF_8))
                    .append("\r\n");
        }
        answers.append("--b--\r\n");
        return new Answer(
                OK,
                Map.of("Content-Type", "multipart/mixed; boundary=b"),
                answers.toString().getBytes(StandardCharsets.UTF_8));
    }
}

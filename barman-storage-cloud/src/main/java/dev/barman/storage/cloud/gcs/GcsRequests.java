// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.gcs;

import com.google.api.client.googleapis.json.GoogleJsonResponseException;
import com.google.api.client.http.GenericUrl;
import com.google.api.client.http.HttpContent;
import com.google.api.client.http.HttpRequest;
import com.google.api.client.http.HttpResponse;
import com.google.api.client.json.JsonFactory;
import com.google.api.client.util.escape.CharEscapers;
import com.google.api.services.storage.Storage;
import com.google.api.services.storage.model.StorageObject;
import dev.barman.object.ObjectKey;
import dev.barman.object.PutOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.HashMap;
import org.jspecify.annotations.Nullable;

/** The requests that bring objects into a bucket. Google's class for them retries and pauses by itself, so it is not used. Immutable. */
final class GcsRequests {
    static final String CONTENT_TYPE = "application/octet-stream";

    /** No connection that is of any use is slower; without a limit a peer that stops reading would block for ever. */
    static final long SLOWEST_BYTES_PER_SECOND = 64 * 1024;

    private final Storage client;
    private final String bucket;
    private final @Nullable String kmsKeyName;
    private final long slowestBytesPerSecond;
    private final TimedConnections connections;

    GcsRequests(GcsClients clients, String bucket, @Nullable String kmsKeyName, long slowestBytesPerSecond) {
        this.client = clients.storage();
        this.connections = clients.connections();
        this.bucket = bucket;
        this.kmsKeyName = kmsKeyName;
        this.slowestBytesPerSecond = slowestBytesPerSecond;
    }

    JsonFactory json() {
        return client.getJsonFactory();
    }

    static String encoded(int crc32c) {
        return Base64.getEncoder()
                .encodeToString(ByteBuffer.allocate(4).putInt(crc32c).array());
    }

    static int decoded(String crc32c) {
        return ByteBuffer.wrap(Base64.getDecoder().decode(crc32c)).getInt();
    }

    /** The metadata of a new object; with the checksum the store takes nothing else for its content. */
    StorageObject metadata(ObjectKey key, PutOptions options, @Nullable String crc32c) {
        StorageObject object = new StorageObject()
                .setName(key.value())
                .setContentType(CONTENT_TYPE)
                .setCrc32c(crc32c);
        return options.tags().isEmpty() ? object : object.setMetadata(new HashMap<>(options.tags()));
    }

    /** Sends an object with one request. */
    StorageObject insert(HttpContent content, PutOptions options) throws IOException {
        HttpResponse response = checked(execute(post("multipart", content, options)));
        return object(response);
    }

    /** Begins an upload in parts; returns its URL, which is as good as credentials for it. */
    GenericUrl begin(HttpContent metadata, PutOptions options) throws IOException {
        HttpRequest request = post("resumable", metadata, options);
        request.getHeaders().set("X-Upload-Content-Type", CONTENT_TYPE);
        HttpResponse response = checked(execute(request));
        response.ignore();
        String location = response.getHeaders().getLocation();
        if (location == null) {
            throw new IOException("the store did not say where the upload goes");
        }
        return new GenericUrl(location, true);
    }

    private HttpRequest post(String type, HttpContent content, PutOptions options) throws IOException {
        GenericUrl url = new GenericUrl(client.getRootUrl() + "upload/" + client.getServicePath() + "b/"
                + CharEscapers.escapeUriPath(bucket) + "/o");
        url.put("uploadType", type);
        if (options.createOnly()) {
            url.put("ifGenerationMatch", 0);
        }
        if (kmsKeyName != null) {
            url.put("kmsKeyName", kmsKeyName);
        }
        return client.getRequestFactory().buildPostRequest(url, content);
    }

    /** What the store has under a key: size and checksum. */
    StorageObject find(ObjectKey key) throws IOException {
        return client.objects()
                .get(bucket, key.value())
                .setFields("size,crc32c,metadata")
                .execute();
    }

    /** Deletes exactly this version of an object. */
    void discard(StorageObject object) throws IOException {
        client.objects()
                .delete(bucket, object.getName())
                .setGeneration(object.getGeneration())
                .execute();
    }

    /** Sends one of the requests to the URL of an upload. */
    HttpRequest toSession(String method, GenericUrl session, HttpContent content) throws IOException {
        return client.getRequestFactory().buildRequest(method, session, content);
    }

    /** Returns the answer, whatever it is. */
    HttpResponse execute(HttpRequest request) throws IOException {
        request.setThrowExceptionOnExecuteError(false);
        request.setFollowRedirects(false);
        request.setParser(client.getObjectParser());
        long millis = request.getReadTimeout() + request.getContent().getLength() * 1000 / slowestBytesPerSecond;
        return connections.execute(request, millis);
    }

    HttpResponse checked(HttpResponse response) throws IOException {
        if (!response.isSuccessStatusCode()) {
            throw failure(response);
        }
        return response;
    }

    IOException failure(HttpResponse response) {
        return GoogleJsonResponseException.from(json(), response);
    }

    static StorageObject object(HttpResponse response) throws IOException {
        return response.parseAs(StorageObject.class);
    }
}

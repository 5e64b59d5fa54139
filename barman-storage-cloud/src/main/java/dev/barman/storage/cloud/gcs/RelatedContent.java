// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.gcs;

import com.google.api.client.http.HttpContent;
import dev.barman.object.ObjectContent;
import dev.barman.storage.cloud.transfer.CheckedContent;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** Metadata and content of an object as one request ({@code multipart/related}), of known length and streamed. Immutable. */
final class RelatedContent implements HttpContent {
    private static final int BUFFER_BYTES = 128 * 1024;

    private final String boundary = "barman-" + UUID.randomUUID();
    private final byte[] head;
    private final ObjectContent content;
    private final byte[] end;

    RelatedContent(String metadata, ObjectContent content) {
        this.head = ("--" + boundary + "\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n" + metadata + "\r\n--"
                        + boundary + "\r\nContent-Type: " + GcsRequests.CONTENT_TYPE + "\r\n\r\n")
                .getBytes(StandardCharsets.UTF_8);
        this.content = content;
        this.end = ("\r\n--" + boundary + "--\r\n").getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public long getLength() {
        return head.length + content.sizeBytes() + end.length;
    }

    @Override
    public String getType() {
        return "multipart/related; boundary=" + boundary;
    }

    @Override
    public boolean retrySupported() {
        return true;
    }

    @Override
    public void writeTo(OutputStream out) throws IOException {
        out.write(head);
        try (InputStream in = CheckedContent.open(content)) {
            byte[] buffer = new byte[BUFFER_BYTES];
            int n;
            while ((n = in.read(buffer)) >= 0) {
                out.write(buffer, 0, n);
            }
        }
        out.write(end);
        out.flush();
    }
}

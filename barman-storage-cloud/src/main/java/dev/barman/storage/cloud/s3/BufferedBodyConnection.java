// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.s3;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.ProtocolException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A connection that sends the body of its request in large writes. The SDK copies bodies in steps of 4 KiB, and the connections of the JDK make a
 * system call of each: half a million of them for 2 GB, and as many wake-ups of the store. What is buffered here is sent before anything is asked
 * of the answer. Not thread-safe.
 */
final class BufferedBodyConnection extends HttpURLConnection {
    /** As much as a socket of the JDK takes at once. */
    private static final int BUFFER_BYTES = 128 * 1024;

    private final HttpURLConnection connection;
    private @Nullable OutputStream body;

    BufferedBodyConnection(HttpURLConnection connection) {
        super(connection.getURL());
        this.connection = connection;
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
        if (body == null) {
            body = new BufferedOutputStream(connection.getOutputStream(), BUFFER_BYTES);
        }
        return body;
    }

    private void sendBody() throws IOException {
        if (body != null) {
            body.flush();
        }
    }

    @Override
    public int getResponseCode() throws IOException {
        sendBody();
        return connection.getResponseCode();
    }

    @Override
    public String getResponseMessage() throws IOException {
        sendBody();
        return connection.getResponseMessage();
    }

    @Override
    public InputStream getInputStream() throws IOException {
        sendBody();
        return connection.getInputStream();
    }

    // What follows is asked for when the response code is known, and with it the body sent.

    @Override
    public @Nullable InputStream getErrorStream() {
        return connection.getErrorStream();
    }

    @Override
    public @Nullable String getHeaderField(@Nullable String name) {
        return connection.getHeaderField(name);
    }

    @Override
    public @Nullable String getHeaderField(int n) {
        return connection.getHeaderField(n);
    }

    @Override
    public @Nullable String getHeaderFieldKey(int n) {
        return connection.getHeaderFieldKey(n);
    }

    @Override
    public Map<String, List<String>> getHeaderFields() {
        return connection.getHeaderFields();
    }

    @Override
    public void connect() throws IOException {
        connection.connect();
    }

    @Override
    public void disconnect() {
        connection.disconnect();
    }

    @Override
    public boolean usingProxy() {
        return connection.usingProxy();
    }

    @Override
    public void setRequestMethod(String method) throws ProtocolException {
        connection.setRequestMethod(method);
    }

    @Override
    public String getRequestMethod() {
        return connection.getRequestMethod();
    }

    @Override
    public void setRequestProperty(String key, @Nullable String value) {
        connection.setRequestProperty(key, value);
    }

    @Override
    public void addRequestProperty(String key, @Nullable String value) {
        connection.addRequestProperty(key, value);
    }

    @Override
    public @Nullable String getRequestProperty(String key) {
        return connection.getRequestProperty(key);
    }

    @Override
    public Map<String, List<String>> getRequestProperties() {
        return connection.getRequestProperties();
    }

    @Override
    public void setFixedLengthStreamingMode(int contentLength) {
        connection.setFixedLengthStreamingMode(contentLength);
    }

    @Override
    public void setFixedLengthStreamingMode(long contentLength) {
        connection.setFixedLengthStreamingMode(contentLength);
    }

    @Override
    public void setChunkedStreamingMode(int chunkLength) {
        connection.setChunkedStreamingMode(chunkLength);
    }

    @Override
    public void setDoInput(boolean doInput) {
        connection.setDoInput(doInput);
    }

    @Override
    public boolean getDoInput() {
        return connection.getDoInput();
    }

    @Override
    public void setDoOutput(boolean doOutput) {
        connection.setDoOutput(doOutput);
    }

    @Override
    public boolean getDoOutput() {
        return connection.getDoOutput();
    }

    @Override
    public void setUseCaches(boolean useCaches) {
        connection.setUseCaches(useCaches);
    }

    @Override
    public boolean getUseCaches() {
        return connection.getUseCaches();
    }

    @Override
    public void setInstanceFollowRedirects(boolean followRedirects) {
        connection.setInstanceFollowRedirects(followRedirects);
    }

    @Override
    public boolean getInstanceFollowRedirects() {
        return connection.getInstanceFollowRedirects();
    }

    @Override
    public void setConnectTimeout(int timeout) {
        connection.setConnectTimeout(timeout);
    }

    @Override
    public int getConnectTimeout() {
        return connection.getConnectTimeout();
    }

    @Override
    public void setReadTimeout(int timeout) {
        connection.setReadTimeout(timeout);
    }

    @Override
    public int getReadTimeout() {
        return connection.getReadTimeout();
    }
}

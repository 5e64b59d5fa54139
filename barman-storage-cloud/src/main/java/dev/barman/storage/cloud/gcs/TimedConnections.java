// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.gcs;

import com.google.api.client.http.HttpRequest;
import com.google.api.client.http.HttpResponse;
import com.google.api.client.http.javanet.ConnectionFactory;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URL;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLSocketFactory;

/**
 * Ends requests whose content is not taken. Java's connections have time-outs for connecting and reading only, and that for writing
 * in Google's library waits, when it is due, for the thread that hangs. Thread-safe.
 */
final class TimedConnections implements ConnectionFactory, AutoCloseable {
    private static final long IDLE_SECONDS = 10;

    private final Map<Thread, AtomicReference<HttpURLConnection>> timed = new ConcurrentHashMap<>();
    private final ScheduledThreadPoolExecutor timer;
    /** One for all: connections are kept for others of the same factory. */
    private final LingeringSockets sockets;

    TimedConnections() {
        this(HttpsURLConnection.getDefaultSSLSocketFactory());
    }

    /**
     * @param secured makes the connections for https
     */
    TimedConnections(SSLSocketFactory secured) {
        sockets = new LingeringSockets(secured);
        timer = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "barman-gcs-timer");
            thread.setDaemon(true);
            return thread;
        });
        timer.setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
        timer.allowCoreThreadTimeOut(true);
        timer.setRemoveOnCancelPolicy(true);
    }

    @Override
    public HttpURLConnection openConnection(URL url) throws IOException {
        if (!(url.openConnection() instanceof HttpURLConnection connection)) {
            throw new IOException("not an address for HTTP: " + url.getProtocol());
        }
        if (connection instanceof HttpsURLConnection secured) {
            secured.setSSLSocketFactory(sockets);
        }
        AtomicReference<HttpURLConnection> place = timed.get(Thread.currentThread());
        if (place != null) {
            place.set(connection);
        }
        return connection;
    }

    /** Executes a request in this thread, and cuts its connection when the answer has not begun by then. */
    HttpResponse execute(HttpRequest request, long limitMillis) throws IOException {
        AtomicReference<HttpURLConnection> place = new AtomicReference<>();
        timed.put(Thread.currentThread(), place);
        Future<?> limit = timer.schedule(
                () -> {
                    HttpURLConnection connection = place.get();
                    if (connection != null) {
                        connection.disconnect();
                    }
                },
                limitMillis,
                TimeUnit.MILLISECONDS);
        try {
            return request.execute();
        } finally {
            limit.cancel(false);
            timed.remove(Thread.currentThread());
        }
    }

    /** Ends the timer; requests that are on their way lose their limit. */
    @Override
    public void close() {
        timer.shutdown();
    }
}

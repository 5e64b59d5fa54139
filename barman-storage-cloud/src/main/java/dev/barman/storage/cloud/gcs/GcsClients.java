// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.gcs;

import com.google.api.client.http.HttpRequest;
import com.google.api.client.http.HttpRequestInitializer;
import com.google.api.client.http.javanet.NetHttpTransport;
import com.google.api.client.json.gson.GsonFactory;
import com.google.api.services.storage.Storage;
import com.google.api.services.storage.StorageScopes;
import com.google.auth.http.HttpCredentialsAdapter;
import com.google.auth.oauth2.GoogleCredentials;
import dev.barman.object.StorageException;
import dev.barman.object.StorageException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Google's client with our rules: whose credentials, finite timeouts, no retries.
 *
 * @param storage the client
 * @param connections where it has its connections from
 * @param project where new buckets are made, null when neither the credentials nor the environment name one
 */
record GcsClients(
        Storage storage,
        TimedConnections connections,
        @Nullable String project) {
    private static final String GOOGLE = "https://storage.googleapis.com/";
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(60);

    static GcsClients of(GcsSettings settings, Map<String, String> environment) throws StorageException {
        URI emulator = emulator(settings, environment);
        GoogleCredentials credentials = emulator == null ? credentials(environment) : null;
        String project = value(environment, "GOOGLE_CLOUD_PROJECT");
        if (project == null && credentials != null) {
            project = credentials.getProjectId();
        }
        Duration read = settings.readTimeout() == null ? READ_TIMEOUT : settings.readTimeout();
        TimedConnections connections = new TimedConnections();
        Storage storage = new Storage.Builder(
                        new NetHttpTransport.Builder()
                                .setConnectionFactory(connections)
                                .build(),
                        GsonFactory.getDefaultInstance(),
                        initializer(credentials, read))
                .setRootUrl(
                        emulator == null
                                ? GOOGLE
                                : emulator + (emulator.getPath().endsWith("/") ? "" : "/"))
                .setApplicationName("barman")
                .build();
        return new GcsClients(storage, connections, project);
    }

    private static HttpRequestInitializer initializer(@Nullable GoogleCredentials credentials, Duration readTimeout) {
        HttpCredentialsAdapter adapter = credentials == null ? null : new HttpCredentialsAdapter(credentials);
        return (HttpRequest request) -> {
            if (adapter != null) {
                adapter.initialize(request);
            }
            request.setConnectTimeout((int) CONNECT_TIMEOUT.toMillis());
            request.setReadTimeout((int) readTimeout.toMillis());
            // Retries are made in one layer, and not in this one; the one here is for a token that has just expired.
            request.setNumberOfRetries(1);
            request.setLoggingEnabled(false);
        };
    }

    /** As Google's own clients understand the variable: with or without the scheme. */
    private static @Nullable URI emulator(GcsSettings settings, Map<String, String> environment)
            throws StorageException {
        String host = value(environment, "STORAGE_EMULATOR_HOST");
        if (settings.endpoint() != null || host == null) {
            return settings.endpoint();
        }
        try {
            return new GcsSettings(URI.create(host.contains("://") ? host : "http://" + host), null, null).endpoint();
        } catch (IllegalArgumentException e) {
            throw unusable("STORAGE_EMULATOR_HOST is not an address: '" + host + "'", e);
        }
    }

    private static GoogleCredentials credentials(Map<String, String> environment) throws StorageException {
        String file = value(environment, "GOOGLE_APPLICATION_CREDENTIALS");
        if (file == null) {
            throw unusable(
                    "there are no credentials: set GOOGLE_APPLICATION_CREDENTIALS to the file with the key of a service"
                            + " account",
                    null);
        }
        try (InputStream in = Files.newInputStream(Path.of(file))) {
            return GoogleCredentials.fromStream(in)
                    .createWithCustomRetryStrategy(false)
                    .createScoped(StorageScopes.DEVSTORAGE_READ_WRITE);
        } catch (IOException | RuntimeException e) {
            // Parsers may quote what they read, and this is a secret.
            throw unusable(
                    "the file " + file + ", named by GOOGLE_APPLICATION_CREDENTIALS, cannot be read as credentials ("
                            + e.getClass().getSimpleName() + ")",
                    null);
        }
    }

    private static StorageException unusable(String why, @Nullable Throwable cause) {
        return new StorageException("Cannot use Google Cloud Storage: " + why, Reason.DENIED, false, cause);
    }

    private static @Nullable String value(Map<String, String> environment, String name) {
        String value = environment.get(name);
        return value == null || value.isEmpty() ? null : value;
    }
}

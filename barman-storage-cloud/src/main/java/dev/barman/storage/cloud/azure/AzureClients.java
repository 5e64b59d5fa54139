// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.azure;

import com.azure.core.http.HttpClient;
import com.azure.core.http.jdk.httpclient.JdkHttpClientBuilder;
import com.azure.storage.blob.BlobContainerClientBuilder;
import com.azure.storage.common.StorageSharedKeyCredential;
import com.azure.storage.common.policy.RequestRetryOptions;
import com.azure.storage.common.policy.RetryPolicyType;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Prepares the SDK's clients: whose credentials, which transport, no retries. */
final class AzureClients {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(60);
    private static final String DOMAIN = ".blob.core.windows.net";

    private AzureClients() {}

    static BlobContainerClientBuilder builder(
            String endpoint, String container, AzureSettings settings, Map<String, String> environment) {
        BlobContainerClientBuilder builder = new BlobContainerClientBuilder();
        authenticate(builder, endpoint, settings, environment);
        builder.containerName(container)
                .httpClient(transport(settings))
                // Retries are made in one layer, and not in this one.
                .retryOptions(new RequestRetryOptions(
                        RetryPolicyType.FIXED, 1, (Duration) null, (Duration) null, (Duration) null, null));
        if (settings.encryptionScope() != null) {
            builder.encryptionScope(settings.encryptionScope());
        }
        return builder;
    }

    private static HttpClient transport(AzureSettings settings) {
        Duration read = settings.readTimeout() == null ? READ_TIMEOUT : settings.readTimeout();
        return new JdkHttpClientBuilder()
                .connectionTimeout(CONNECT_TIMEOUT)
                .readTimeout(read)
                .responseTimeout(read)
                .writeTimeout(read)
                .build();
    }

    private static void authenticate(
            BlobContainerClientBuilder builder,
            String endpoint,
            AzureSettings settings,
            Map<String, String> environment) {
        AzureSettings.Credential credential = settings.credential();
        String connection = value(environment, "AZURE_STORAGE_CONNECTION_STRING");
        if (credential == null && connection != null) {
            // Names the account and where it is, which may be a private address that the URL does not know.
            builder.connectionString(connection);
            return;
        }
        String host = String.valueOf(URI.create(endpoint).getHost());
        if (!host.endsWith(DOMAIN)) {
            throw new IllegalArgumentException(
                    "A container at " + host + " can only be used with AZURE_STORAGE_CONNECTION_STRING");
        }
        builder.endpoint(endpoint);
        String sas = value(environment, "AZURE_STORAGE_SAS_TOKEN");
        String key = value(environment, "AZURE_STORAGE_KEY");
        if (credential != null) {
            builder.credential(AzureIdentity.of(credential, value(environment, "AZURE_CLIENT_ID")));
        } else if (sas != null) {
            builder.sasToken(sas.startsWith("?") ? sas.substring(1) : sas);
        } else if (key != null) {
            String account = host.substring(0, host.length() - DOMAIN.length());
            builder.credential(new StorageSharedKeyCredential(account, key));
        } else {
            builder.credential(
                    AzureIdentity.of(AzureSettings.Credential.DEFAULT, value(environment, "AZURE_CLIENT_ID")));
        }
    }

    private static @Nullable String value(Map<String, String> environment, String name) {
        String value = environment.get(name);
        return value == null || value.isEmpty() ? null : value;
    }
}

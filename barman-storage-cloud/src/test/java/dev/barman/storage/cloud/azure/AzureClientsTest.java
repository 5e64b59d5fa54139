// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.azure.core.http.HttpPipeline;
import com.azure.core.http.policy.HttpPipelinePolicy;
import com.azure.storage.blob.BlobContainerClient;
import dev.barman.object.StorageException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Whose credentials a client gets. Nothing is sent. */
class AzureClientsTest {
    private static final String ENDPOINT = "https://acc.blob.core.windows.net";
    private static final String CONNECTION =
            "DefaultEndpointsProtocol=https;AccountName=other;AccountKey=a2V5;EndpointSuffix=core.windows.net";

    private static BlobContainerClient client(AzureSettings settings, Map<String, String> environment) {
        return AzureClients.builder(ENDPOINT, "cont", settings, environment).buildClient();
    }

    private static String credentials(BlobContainerClient client) {
        List<String> found = new ArrayList<>();
        HttpPipeline pipeline = client.getHttpPipeline();
        for (int i = 0; i < pipeline.getPolicyCount(); i++) {
            HttpPipelinePolicy policy = pipeline.getPolicy(i);
            String name = policy.getClass().getSimpleName();
            if (name.contains("SharedKey")) {
                found.add("key");
            } else if (name.contains("Sas")) {
                found.add("signature");
            } else if (name.contains("Bearer")) {
                found.add("token");
            }
        }
        return String.join("+", found);
    }

    @Test
    void connectionStringComesFirstAndNamesTheAccount() {
        BlobContainerClient client = client(
                AzureSettings.DEFAULT,
                Map.of(
                        "AZURE_STORAGE_CONNECTION_STRING",
                        CONNECTION,
                        "AZURE_STORAGE_SAS_TOKEN",
                        "sv=1&sig=x",
                        "AZURE_STORAGE_KEY",
                        "a2V5"));

        assertThat(credentials(client)).isEqualTo("key");
        assertThat(client.getBlobContainerUrl()).isEqualTo("https://other.blob.core.windows.net/cont");
    }

    @Test
    void thenAccessSignatureThenKeyThenTheChainOfTheLibrary() {
        assertThat(credentials(client(
                        AzureSettings.DEFAULT,
                        Map.of("AZURE_STORAGE_SAS_TOKEN", "?sv=1&sig=x", "AZURE_STORAGE_KEY", "a2V5"))))
                .isEqualTo("signature");
        assertThat(credentials(client(
                        AzureSettings.DEFAULT,
                        Map.of("AZURE_STORAGE_KEY", "a2V5", "AZURE_STORAGE_CONNECTION_STRING", ""))))
                .isEqualTo("key");
        assertThat(credentials(client(AzureSettings.DEFAULT, Map.of()))).isEqualTo("token");
    }

    @Test
    void credentialOfTheCommandLineWins() {
        for (AzureSettings.Credential credential : AzureSettings.Credential.values()) {
            BlobContainerClient client = client(
                    AzureSettings.DEFAULT.withCredential(credential),
                    Map.of("AZURE_STORAGE_CONNECTION_STRING", CONNECTION, "AZURE_CLIENT_ID", "some-identity"));
            assertThat(credentials(client)).isEqualTo("token");
            assertThat(client.getBlobContainerUrl()).isEqualTo(ENDPOINT + "/cont");
        }
        assertThat(AzureSettings.Credential.fromId("azure-cli")).contains(AzureSettings.Credential.AZURE_CLI);
        assertThat(AzureSettings.Credential.fromId("managed-identity"))
                .contains(AzureSettings.Credential.MANAGED_IDENTITY);
        assertThat(AzureSettings.Credential.fromId("AZURE-CLI")).isEmpty();
    }

    @Test
    void emulatorNeedsAConnectionString() {
        assertThatThrownBy(() -> AzureObjectStore.open(
                        "http://127.0.0.1:10000/devacc",
                        "cont",
                        AzureSettings.DEFAULT,
                        Map.of("AZURE_STORAGE_KEY", "k")))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("AZURE_STORAGE_CONNECTION_STRING");
    }

    @Test
    void unusableConnectionStringIsReportedWithoutItsContent() {
        assertThatThrownBy(() -> AzureObjectStore.open(
                        ENDPOINT,
                        "cont",
                        AzureSettings.DEFAULT,
                        Map.of("AZURE_STORAGE_CONNECTION_STRING", "AccountKey=c2VjcmV0")))
                .isInstanceOf(StorageException.class)
                .hasMessageNotContaining("c2VjcmV0");
    }

    @Test
    void encryptionScopeIsThatOfTheSettings() {
        BlobContainerClient client = client(
                new AzureSettings(null, "scope", 1, 1, 1, null), Map.of("AZURE_STORAGE_CONNECTION_STRING", CONNECTION));
        assertThat(client.getEncryptionScope()).isEqualTo("scope");
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.azure;

import com.azure.core.credential.TokenCredential;
import com.azure.identity.AzureCliCredentialBuilder;
import com.azure.identity.DefaultAzureCredentialBuilder;
import com.azure.identity.ManagedIdentityCredentialBuilder;
import org.jspecify.annotations.Nullable;

/** The only class that needs the library azure-identity, which loads with it. */
final class AzureIdentity {
    private AzureIdentity() {}

    /** Whose identity; {@code clientId} is that of a user-assigned identity of the machine, null for its only one. */
    static TokenCredential of(AzureSettings.Credential credential, @Nullable String clientId) {
        return switch (credential) {
            case AZURE_CLI -> new AzureCliCredentialBuilder().build();
            case MANAGED_IDENTITY -> {
                ManagedIdentityCredentialBuilder builder = new ManagedIdentityCredentialBuilder();
                if (clientId != null) {
                    builder.clientId(clientId);
                }
                yield builder.build();
            }
            case DEFAULT -> new DefaultAzureCredentialBuilder().build();
        };
    }
}

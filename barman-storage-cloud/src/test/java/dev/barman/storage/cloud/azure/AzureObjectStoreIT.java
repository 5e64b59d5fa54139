// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.azure.core.util.Context;
import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.BlobContainerClientBuilder;
import com.azure.storage.blob.models.BlockListType;
import com.azure.storage.blob.sas.BlobContainerSasPermission;
import com.azure.storage.blob.sas.BlobServiceSasSignatureValues;
import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectStore;
import dev.barman.object.ObjectStoreContract;
import dev.barman.object.ObjectUpload;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract and what is Azure's own, against Microsoft's emulator. */
class AzureObjectStoreIT extends ObjectStoreContract {
    private static final int MIB = 1024 * 1024;

    @TempDir
    static Path directory;

    private static AzuriteServer server;
    private static int containers;

    @BeforeAll
    static void startServer() throws Exception {
        server = AzuriteServer.start(Path.of(System.getProperty("azurite.directory")), directory);
    }

    @AfterAll
    static void stopServer() throws Exception {
        if (server != null) {
            server.close();
        }
    }

    /** Objects of the contract's large size go in blocks. */
    private static AzureSettings settings() {
        return new AzureSettings(null, null, 2 * MIB, 3 * MIB, 4, null);
    }

    private static AzureObjectStore open(String container) throws StorageException {
        return AzureObjectStore.open(server.endpoint(), container, settings(), server.environment());
    }

    @Override
    protected ObjectStore openEmptyStore() throws Exception {
        AzureObjectStore azure = open("container-" + ++containers);
        assertThat(azure.containerExists()).isFalse();
        azure.createContainer();
        return azure;
    }

    private static BlobContainerClient sdk() {
        return new BlobContainerClientBuilder()
                .connectionString(server.environment().get("AZURE_STORAGE_CONNECTION_STRING"))
                .containerName("container-" + containers)
                .buildClient();
    }

    @Override
    protected Optional<Map<String, String>> tagsOf(ObjectKey key) {
        return Optional.of(sdk().getBlobClient(key.value()).getTags());
    }

    @Override
    protected List<String> furtherKeys() {
        return List.of("double//slash");
    }

    @Override
    protected List<String> refusedKeys() {
        return List.of("back\\slash");
    }

    @Test
    void blocksHaveTheNamesOfTheOriginal() throws Exception {
        store.put(ObjectKey.of("large"), ObjectContent.of(new byte[7 * MIB]), PutOptions.CREATE_ONLY);

        assertThat(sdk().getBlobClient("large")
                        .getBlockBlobClient()
                        .listBlocks(BlockListType.COMMITTED)
                        .getCommittedBlocks())
                .extracting(
                        block -> new String(Base64.getDecoder().decode(block.getName())), block -> block.getSizeLong())
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("00001", 3L * MIB),
                        org.assertj.core.groups.Tuple.tuple("00002", 3L * MIB),
                        org.assertj.core.groups.Tuple.tuple("00003", 1L * MIB));
    }

    @Test
    void uploadThatIsGivenUpLeavesNoBlocks() throws Exception {
        try (ObjectUpload upload = store.startUpload(ObjectKey.of("x"), PutOptions.CREATE_ONLY)) {
            upload.part(1, new byte[MIB], 0, MIB);
            assertThat(sdk().getBlobClient("x")
                            .getBlockBlobClient()
                            .listBlocks(BlockListType.UNCOMMITTED)
                            .getUncommittedBlocks())
                    .hasSize(1);
        }

        assertThat(sdk().listBlobs(
                                new com.azure.storage.blob.models.ListBlobsOptions()
                                        .setDetails(new com.azure.storage.blob.models.BlobListDetails()
                                                .setRetrieveUncommittedBlobs(true)),
                                null))
                .isEmpty();
    }

    @Test
    void checksumIsKeptWithTheObject() throws Exception {
        for (int size : new int[] {1000, 5 * MIB}) {
            byte[] content = new byte[size];
            store.put(ObjectKey.of("a"), ObjectContent.of(content), PutOptions.OVERWRITE);
            assertThat(sdk().getBlobClient("a").getProperties().getContentMd5())
                    .isEqualTo(java.security.MessageDigest.getInstance("MD5").digest(content));
        }
    }

    @Test
    void missingContainerIsNotFound() throws Exception {
        try (AzureObjectStore none = open("no-such-container")) {
            assertThat(none.containerExists()).isFalse();
            assertThatThrownBy(() -> none.list("", Optional.empty(), 1))
                    .isInstanceOfSatisfying(StorageException.class, e -> {
                        assertThat(e.reason()).isEqualTo(StorageException.Reason.NOT_FOUND);
                        assertThat(e.retryable()).isFalse();
                        assertThat(e).hasMessageContaining("no-such-container");
                    });
            assertThatThrownBy(() -> none.put(ObjectKey.of("a"), ObjectContent.of(new byte[1]), PutOptions.CREATE_ONLY))
                    .isInstanceOfSatisfying(
                            StorageException.class,
                            e -> assertThat(e.reason()).isEqualTo(StorageException.Reason.NOT_FOUND));
        }
    }

    @Test
    void accessSignatureIsEnough() throws Exception {
        String signature = sdk().generateSas(
                        new BlobServiceSasSignatureValues(
                                OffsetDateTime.now().plusHours(1),
                                new BlobContainerSasPermission()
                                        .setReadPermission(true)
                                        .setListPermission(true)
                                        .setCreatePermission(true)
                                        .setWritePermission(true)),
                        Context.NONE);
        Map<String, String> environment = Map.of(
                "AZURE_STORAGE_CONNECTION_STRING",
                "BlobEndpoint=" + server.endpoint() + ";SharedAccessSignature=" + signature);
        try (AzureObjectStore signed =
                AzureObjectStore.open(server.endpoint(), "container-" + containers, settings(), environment)) {
            signed.put(ObjectKey.of("a"), ObjectContent.of(new byte[5]), PutOptions.CREATE_ONLY);
            assertThat(signed.listAll("")).hasSize(1);
            // No permission for this; and the signature is a secret.
            Map<ObjectKey, StorageException> failures = signed.delete(List.of(ObjectKey.of("a")));
            assertThat(failures.get(ObjectKey.of("a")).reason()).isEqualTo(StorageException.Reason.DENIED);
            assertThat(failures.get(ObjectKey.of("a"))).hasMessageNotContaining("sig=");
        }
    }

    @Test
    void wrongKeyIsDeniedAndNotShown() throws Exception {
        String wrong = Base64.getEncoder().encodeToString("another key".getBytes());
        Map<String, String> environment = Map.of(
                "AZURE_STORAGE_CONNECTION_STRING",
                "DefaultEndpointsProtocol=http;AccountName=" + AzuriteServer.ACCOUNT + ";AccountKey=" + wrong
                        + ";BlobEndpoint=" + server.endpoint() + ";");
        try (AzureObjectStore denied =
                AzureObjectStore.open(server.endpoint(), "container-" + containers, settings(), environment)) {
            assertThatThrownBy(() -> denied.list("", Optional.empty(), 1))
                    .isInstanceOfSatisfying(StorageException.class, e -> {
                        assertThat(e.reason()).isEqualTo(StorageException.Reason.DENIED);
                        assertThat(e.retryable()).isFalse();
                        assertThat(e).hasMessageNotContaining(wrong);
                    });
        }
    }
}

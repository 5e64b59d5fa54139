// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.object.ObjectKey;
import dev.barman.wal.WalFileName;
import dev.barman.wal.compress.CompressionAlgorithm;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CloudLocationTest {
    @ParameterizedTest
    @CsvSource({
        "s3://b, b, ''",
        "s3://b/, b, ''",
        "s3://b/tr/, b, tr",
        "s3://b/a/b//, b, a/b",
        "s3://b//a, b, a",
    })
    void s3(String url, String bucket, String path) {
        assertThat(CloudLocation.parse(url, CloudProvider.AWS_S3))
                .isEqualTo(new CloudLocation(CloudProvider.AWS_S3, null, bucket, path));
    }

    @ParameterizedTest
    @CsvSource({
        "https://acc.blob.core.windows.net/cont, https://acc.blob.core.windows.net, cont, ''",
        "https://acc.blob.core.windows.net/cont/a/b/, https://acc.blob.core.windows.net, cont, a/b",
        "http://127.0.0.1:10000/devacc/cont, http://127.0.0.1:10000/devacc, cont, ''",
        "http://127.0.0.1:10000/devacc/cont/p, http://127.0.0.1:10000/devacc, cont, p",
    })
    void azure(String url, String endpoint, String container, String path) {
        assertThat(CloudLocation.parse(url, CloudProvider.AZURE_BLOB_STORAGE))
                .isEqualTo(new CloudLocation(CloudProvider.AZURE_BLOB_STORAGE, endpoint, container, path));
    }

    @ParameterizedTest
    @CsvSource({
        "gs://b, b, ''",
        "gs://b/p/q/, b, p/q",
        "https://console.cloud.google.com/storage/browser/b/p, b, p",
    })
    void google(String url, String bucket, String path) {
        assertThat(CloudLocation.parse(url, CloudProvider.GOOGLE_CLOUD_STORAGE))
                .isEqualTo(new CloudLocation(CloudProvider.GOOGLE_CLOUD_STORAGE, null, bucket, path));
    }

    @ParameterizedTest
    @CsvSource({
        "AWS_S3, s3:///path",
        "AWS_S3, s3://",
        "AWS_S3, http://b/path",
        "AWS_S3, S3://b",
        "AZURE_BLOB_STORAGE, https://acc.blob.core.windows.net/",
        "AZURE_BLOB_STORAGE, https://acc.blob.core.windows.net",
        "AZURE_BLOB_STORAGE, http://127.0.0.1:10000/devacc",
        "AZURE_BLOB_STORAGE, s3://b",
        "AZURE_BLOB_STORAGE, https://a b",
        "GOOGLE_CLOUD_STORAGE, gs://",
        "GOOGLE_CLOUD_STORAGE, https://console.cloud.google.com/other/b",
        "GOOGLE_CLOUD_STORAGE, s3://b",
    })
    void urlThatDoesNotFitIsRefusedAndQuoted(CloudProvider provider, String url) {
        assertThatThrownBy(() -> CloudLocation.parse(url, provider))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(url);
    }

    @Test
    void s3MessageIsThatOfTheOriginal() {
        assertThatThrownBy(() -> CloudLocation.parse("file://x", CloudProvider.AWS_S3))
                .hasMessage("Invalid s3 URL address: file://x");
    }

    @Test
    void providersHaveTheNamesOfTheOption() {
        assertThat(CloudProvider.fromId("azure-blob-storage")).contains(CloudProvider.AZURE_BLOB_STORAGE);
        assertThat(CloudProvider.fromId("aws-s3").orElseThrow().id()).isEqualTo("aws-s3");
        assertThat(CloudProvider.fromId("AWS-S3")).isEmpty();
    }

    @Test
    void keysOfWalFilesHaveTheLayoutOfTheOriginal() {
        WalKeys keys = new WalKeys(CloudLocation.parse("s3://b/tr/", CloudProvider.AWS_S3), "main");
        WalFileName segment = WalFileName.parse("00000001000000000000000a");

        assertThat(keys.key(segment, null).value()).isEqualTo("tr/main/wals/0000000100000000/00000001000000000000000a");
        assertThat(keys.key(WalFileName.parse("0000000a.history"), CompressionAlgorithm.GZIP)
                        .value())
                .isEqualTo("tr/main/wals/0000000a.history.gz");
        assertThat(keys.key(WalFileName.parse("000000010000000000000001.00000028.backup"), CompressionAlgorithm.ZSTD)
                        .value())
                .isEqualTo("tr/main/wals/0000000100000000/000000010000000000000001.00000028.backup.zst");
        assertThat(new WalKeys(CloudLocation.parse("s3://b", CloudProvider.AWS_S3), "main").prefix())
                .isEqualTo("main/wals/");
        assertThatThrownBy(() -> keys.key(segment, CompressionAlgorithm.PIGZ))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new WalKeys(CloudLocation.parse("s3://b", CloudProvider.AWS_S3), "a/b"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void formsOfAWalFileAreRecognised() {
        WalKeys keys = new WalKeys(CloudLocation.parse("s3://b", CloudProvider.AWS_S3), "main");
        WalFileName name = WalFileName.parse("000000010000000000000001");
        String plain = "main/wals/0000000100000000/000000010000000000000001";

        assertThat(keys.formOf(name, ObjectKey.of(plain))).contains(new WalKeys.Form(null));
        assertThat(keys.formOf(name, ObjectKey.of(plain + ".lz4")))
                .contains(new WalKeys.Form(CompressionAlgorithm.LZ4));
        assertThat(keys.formOf(name, ObjectKey.of(plain + ".partial"))).isEqualTo(Optional.empty());
        assertThat(keys.formOf(name, ObjectKey.of(plain + ".00000028.backup.gz")))
                .isEqualTo(Optional.empty());
        assertThat(keys.formOf(name, ObjectKey.of("x"))).isEqualTo(Optional.empty());
    }
}

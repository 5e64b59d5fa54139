// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.object.ObjectStore;
import dev.barman.object.StorageException;
import dev.barman.storage.cloud.azure.AzureSettings;
import dev.barman.storage.cloud.gcs.GcsSettings;
import dev.barman.storage.cloud.s3.S3Settings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A process that uses one provider, and what it loads. */
@Timeout(60)
class CloudStoresTest {
    private static final Map<CloudProvider, List<String>> LIBRARIES = Map.of(
            CloudProvider.AWS_S3, List.of("software.amazon."),
            CloudProvider.AZURE_BLOB_STORAGE, List.of("com.azure.", "com.microsoft.", "reactor."),
            CloudProvider.GOOGLE_CLOUD_STORAGE, List.of("com.google.", "io.opencensus."));

    @TempDir
    Path directory;

    /** Asks for a bucket at an address where nobody listens. */
    static final class Program {
        private Program() {}

        public static void main(String[] args) throws StorageException {
            CloudProvider provider = CloudProvider.fromId(args[0]).orElseThrow();
            CloudSettings settings = switch (provider) {
                case AWS_S3 -> CloudSettings.of(new S3Settings(URI.create(args[2]), null, null, null, null));
                case AZURE_BLOB_STORAGE -> CloudSettings.of(AzureSettings.DEFAULT);
                case GOOGLE_CLOUD_STORAGE -> CloudSettings.of(GcsSettings.DEFAULT);
            };
            try (ObjectStore store = CloudStores.open(CloudLocation.parse(args[1], provider), settings)) {
                store.containerExists();
            } catch (StorageException e) {
                System.out.println(e.reason());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(CloudProvider.class)
    void oneProviderLoadsNothingOfTheOthers(CloudProvider provider) throws Exception {
        String dead;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            dead = "http://127.0.0.1:" + socket.getLocalPort();
        }
        String url = switch (provider) {
            case AWS_S3 -> "s3://bucket";
            case AZURE_BLOB_STORAGE -> dead + "/account/container";
            case GOOGLE_CLOUD_STORAGE -> "gs://bucket";
        };

        String out = run(dead, provider.id(), url, dead);

        assertThat(out).isEqualToIgnoringNewLines("UNREACHABLE");
        List<String> loaded = loaded();
        LIBRARIES.forEach((owner, packages) -> {
            Stream<String> theirs =
                    loaded.stream().filter(name -> packages.stream().anyMatch(name::startsWith));
            if (owner == provider) {
                assertThat(theirs).as(owner.id()).isNotEmpty();
            } else {
                assertThat(theirs).as(owner.id()).isEmpty();
            }
        });
    }

    private String run(String dead, String... args) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xlog:class+load:file=" + directory.resolve("classes") + ":none",
                "-cp",
                System.getProperty("java.class.path"),
                Program.class.getName()));
        command.addAll(List.of(args));
        Path out = directory.resolve("out");
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(out.toFile())
                .redirectError(directory.resolve("err").toFile());
        builder.environment()
                .putAll(Map.of(
                        "AWS_ACCESS_KEY_ID",
                        "id",
                        "AWS_SECRET_ACCESS_KEY",
                        "secret",
                        "AWS_CONFIG_FILE",
                        "/dev/null",
                        "AWS_SHARED_CREDENTIALS_FILE",
                        "/dev/null",
                        "STORAGE_EMULATOR_HOST",
                        dead,
                        "AZURE_STORAGE_CONNECTION_STRING",
                        "DefaultEndpointsProtocol=http;AccountName=account;AccountKey=a2V5;BlobEndpoint=" + dead
                                + "/account"));
        assertThat(builder.start().waitFor())
                .as(() -> read(directory.resolve("err")))
                .isZero();
        return Files.readString(out);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private List<String> loaded() throws IOException {
        try (Stream<String> lines = Files.lines(directory.resolve("classes"))) {
            return lines.map(line -> line.strip().split(" ")[0]).toList();
        }
    }
}

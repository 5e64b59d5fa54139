// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.azure;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.azure.storage.blob.BlobClient;
import com.azure.storage.blob.BlobContainerClientBuilder;
import com.azure.storage.blob.models.BlockListType;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A private Azurite, Microsoft's emulator of Azure Storage, in a process of its own on a free loopback port. The first use installs it
 * with npm into a directory of the build. Not thread-safe.
 */
public final class AzuriteServer implements AutoCloseable {
    /** The release that the tests were written with. */
    public static final String VERSION = "3.37.0";

    /** The name of the account that the server has. */
    public static final String ACCOUNT = "barmantest";

    private static final String KEY =
            Base64.getEncoder().encodeToString("no secret: a key of tests".getBytes(StandardCharsets.US_ASCII));
    private static final long INSTALL_MINUTES = 10;

    private final int port;
    private final Process process;

    private AzuriteServer(int port, Process process) {
        this.port = port;
        this.process = process;
    }

    /**
     * Installs the server where it is missing, and starts it. Skips the test, with a message, where there is no npm.
     *
     * @param installation the directory of the installation; may not exist yet
     * @param directory an empty directory for the blobs
     * @return the running server
     */
    public static AzuriteServer start(Path installation, Path directory) throws IOException, InterruptedException {
        Path program = installation.resolve("node_modules/azurite/dist/src/blob/main.js");
        if (!Files.exists(program)) {
            assumeTrue(onPath("npm"), "npm is not installed: nothing is tested against Azurite");
            install(installation);
        }
        assumeTrue(onPath("node"), "node is not installed: nothing is tested against Azurite");
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        Path log = directory.resolve("azurite.log");
        ProcessBuilder builder = new ProcessBuilder(
                        "node",
                        program.toString(),
                        "--blobHost",
                        "127.0.0.1",
                        "--blobPort",
                        Integer.toString(port),
                        "--location",
                        Files.createDirectory(directory.resolve("blobs")).toString(),
                        "--loose",
                        "--skipApiVersionCheck",
                        "--disableTelemetry",
                        "--silent")
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().put("AZURITE_ACCOUNTS", ACCOUNT + ":" + KEY);
        AzuriteServer server = new AzuriteServer(port, builder.start());
        for (int i = 0; i < 1200 && server.process.isAlive(); i++) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
                return server;
            } catch (IOException e) {
                Thread.sleep(50);
            }
        }
        server.close();
        throw new IOException("Azurite did not start: " + Files.readString(log));
    }

    private static boolean onPath(String program) {
        for (String directory : String.valueOf(System.getenv("PATH")).split(":")) {
            if (Files.isExecutable(Path.of(directory, program))) {
                return true;
            }
        }
        return false;
    }

    /** Into a directory beside it first, so that an interrupted installation is none. */
    private static void install(Path installation) throws IOException, InterruptedException {
        Path temporary = Files.createDirectories(installation.resolveSibling(installation.getFileName() + ".tmp"));
        List<String> command = new ArrayList<>(List.of(
                "npm",
                "install",
                "--prefix",
                temporary.toString(),
                "--no-audit",
                "--no-fund",
                "--ignore-scripts",
                "--prefer-offline",
                "--loglevel=error",
                "azurite@" + VERSION));
        Path log = temporary.resolve("npm.log");
        Process npm = new ProcessBuilder(command)
                .directory(temporary.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        if (!npm.waitFor(INSTALL_MINUTES, TimeUnit.MINUTES) || npm.exitValue() != 0) {
            npm.destroyForcibly();
            throw new IOException("npm could not install Azurite: " + Files.readString(log));
        }
        Files.move(temporary, installation, StandardCopyOption.ATOMIC_MOVE);
    }

    /** {@return the beginning of the URLs of its containers} */
    public String endpoint() {
        return "http://127.0.0.1:" + port + "/" + ACCOUNT;
    }

    /** {@return variables of the environment with which a client may use it} */
    public Map<String, String> environment() {
        return Map.of(
                "AZURE_STORAGE_CONNECTION_STRING",
                "DefaultEndpointsProtocol=http;AccountName=" + ACCOUNT + ";AccountKey=" + KEY + ";BlobEndpoint="
                        + endpoint() + ";");
    }

    private BlobClient blob(String container, String key) {
        return new BlobContainerClientBuilder()
                .connectionString(environment().get("AZURE_STORAGE_CONNECTION_STRING"))
                .containerName(container)
                .buildClient()
                .getBlobClient(key);
    }

    /** {@return the tags of a blob} */
    public Map<String, String> tags(String container, String key) {
        return blob(container, key).getTags();
    }

    /** {@return of how many blocks a blob is made, 0 when it was stored with one request} */
    public int blocks(String container, String key) {
        return blob(container, key)
                .getBlockBlobClient()
                .listBlocks(BlockListType.COMMITTED)
                .getCommittedBlocks()
                .size();
    }

    /** Ends the server and waits for its end. */
    @Override
    public void close() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
    }
}

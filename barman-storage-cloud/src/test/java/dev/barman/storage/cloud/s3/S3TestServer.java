// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.s3;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A private S3 server (S3Proxy) in a process of its own, on a free loopback port, with its objects in a directory. Knows no
 * tags and no server-side encryption. Not thread-safe.
 */
public final class S3TestServer implements AutoCloseable {
    /** What the server accepts; the build sets the same as system properties of the tests. */
    public static final String ACCESS_KEY = "test-identity";

    /** The other half of it. */
    public static final String SECRET_KEY = "test-credential";

    private final Path objects;
    private final URI endpoint;
    private final Process process;

    private S3TestServer(Path objects, URI endpoint, Process process) {
        this.objects = objects;
        this.endpoint = endpoint;
        this.process = process;
    }

    /**
     * Starts a server.
     *
     * @param jar the server with all its libraries
     * @param directory an empty directory
     * @return the running server
     */
    public static S3TestServer start(Path jar, Path directory) throws IOException, InterruptedException {
        return start(jar, directory, null);
    }

    /**
     * Starts a server that speaks TLS only.
     *
     * @param jar the server with all its libraries
     * @param directory an empty directory
     * @param certificate what it identifies itself with
     * @return the running server
     */
    public static S3TestServer startWithTls(Path jar, Path directory, TestCertificate certificate)
            throws IOException, InterruptedException {
        return start(jar, directory, certificate);
    }

    private static S3TestServer start(Path jar, Path directory, @Nullable TestCertificate certificate)
            throws IOException, InterruptedException {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        URI endpoint = URI.create((certificate == null ? "http" : "https") + "://127.0.0.1:" + port);
        Path objects = Files.createDirectory(directory.resolve("objects"));
        List<String> listening = certificate == null
                ? List.of("s3proxy.endpoint=" + endpoint)
                : List.of(
                        "s3proxy.secure-endpoint=" + endpoint,
                        "s3proxy.keystore-path=" + certificate.keyStore(),
                        "s3proxy.keystore-password=" + TestCertificate.PASSWORD);
        Path config = directory.resolve("s3proxy.conf");
        Files.write(config, listening);
        Files.write(
                config,
                List.of(
                        "s3proxy.authorization=aws-v2-or-v4",
                        "s3proxy.identity=" + ACCESS_KEY,
                        "s3proxy.credential=" + SECRET_KEY,
                        "jclouds.provider=filesystem-nio2",
                        "jclouds.filesystem.basedir=" + objects,
                        "jclouds.identity=local",
                        "jclouds.credential=local"),
                StandardOpenOption.APPEND);
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Xmx512m",
                        "-jar",
                        jar.toString(),
                        "--properties",
                        config.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("s3proxy.log").toFile())
                .start();
        S3TestServer server = new S3TestServer(objects, endpoint, process);
        for (int i = 0; i < 600 && process.isAlive(); i++) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
                return server;
            } catch (IOException e) {
                Thread.sleep(50);
            }
        }
        server.close();
        throw new IOException("The S3 server did not start: " + Files.readString(directory.resolve("s3proxy.log")));
    }

    /** {@return where the server listens} */
    public URI endpoint() {
        return endpoint;
    }

    /**
     * Whether a file in the directory of {@link #objects} is an object: what the server was about to write when its client went away has the object's name and
     * a random id.
     */
    public static boolean isObject(Path file) {
        return Files.isRegularFile(file)
                && !file.getFileName().toString().matches(".*-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    }

    /** The {@linkplain #isObject objects} below a directory, which may be missing, in order; others may come and go meanwhile. */
    public static List<Path> objectsBelow(Path directory) throws IOException {
        List<Path> found = new ArrayList<>();
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (isObject(file)) {
                    found.add(file);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }
        });
        found.sort(null);
        return found;
    }

    /** {@return the directory in which the server keeps a bucket as a directory} */
    public Path objects() {
        return objects;
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

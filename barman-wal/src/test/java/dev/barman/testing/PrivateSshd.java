// SPDX-License-Identifier: Apache-2.0
package dev.barman.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A real sshd on a free loopback port, with host and user keys of its own, running as the user of the tests, together with a
 * client configuration that knows them. Everything lies in one directory; {@link #close()} stops it. Not thread-safe.
 */
public final class PrivateSshd implements AutoCloseable {
    private final Path directory;
    private final int port;
    private final Process process;

    private PrivateSshd(Path directory, int port, Process process) {
        this.directory = directory;
        this.port = port;
        this.process = process;
    }

    /** The server program, which must be started by its full path. */
    public static Optional<Path> program() {
        for (String candidate : List.of("/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/bin/sshd")) {
            if (Files.isExecutable(Path.of(candidate))) {
                return Optional.of(Path.of(candidate));
            }
        }
        return Optional.empty();
    }

    /**
     * Starts a server.
     *
     * @param directory an empty directory
     * @param remotePath PATH of the sessions
     */
    public static PrivateSshd start(Path directory, String remotePath) throws IOException, InterruptedException {
        Path hostKey = directory.resolve("host_key");
        Path userKey = directory.resolve("user_key");
        key(hostKey);
        key(userKey);
        Files.copy(directory.resolve("user_key.pub"), directory.resolve("authorized_keys"));
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        String user = System.getProperty("user.name");
        Path config = Files.writeString(
                directory.resolve("sshd_config"),
                String.join(
                        "\n",
                        "ListenAddress 127.0.0.1:" + port,
                        "HostKey " + hostKey,
                        "PidFile none",
                        "AuthorizedKeysFile " + directory.resolve("authorized_keys"),
                        "StrictModes no",
                        "PasswordAuthentication no",
                        "KbdInteractiveAuthentication no",
                        "PermitRootLogin prohibit-password",
                        "AllowUsers " + user,
                        "SetEnv PATH=" + remotePath,
                        ""));
        String hostPublic = Files.readString(directory.resolve("host_key.pub"));
        Files.writeString(directory.resolve("known_hosts"), "[127.0.0.1]:" + port + " " + hostPublic);
        client(directory, directory.resolve("bin"), userKey);

        // sshd as root wants this directory, which a machine that never started the service does not have.
        if (user.equals("root")) {
            Files.createDirectories(Path.of("/run/sshd"));
        }
        Process process = new ProcessBuilder(program().orElseThrow().toString(), "-D", "-e", "-f", config.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("sshd.log").toFile())
                .start();
        PrivateSshd sshd = new PrivateSshd(directory, port, process);
        try {
            sshd.awaitListening();
        } catch (IOException e) {
            sshd.close();
            throw e;
        }
        return sshd;
    }

    /** Writes an {@code ssh} into the directory that uses that key. */
    private static void client(Path directory, Path bin, Path key) throws IOException {
        Files.createDirectory(bin);
        Path config = Files.writeString(
                bin.resolve("ssh_config"),
                String.join(
                        "\n",
                        "IdentityFile " + key,
                        "IdentitiesOnly yes",
                        "UserKnownHostsFile " + directory.resolve("known_hosts"),
                        "StrictHostKeyChecking yes",
                        "BatchMode yes",
                        "ConnectTimeout 10",
                        ""));
        Path ssh = Files.writeString(bin.resolve("ssh"), "#!/bin/sh\nexec /usr/bin/ssh -F " + config + " \"$@\"\n");
        Files.setPosixFilePermissions(ssh, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static void key(Path file) throws IOException, InterruptedException {
        Process keygen = new ProcessBuilder("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file.toString())
                .inheritIO()
                .start();
        if (keygen.waitFor() != 0) {
            throw new IOException("ssh-keygen failed");
        }
    }

    private void awaitListening() throws IOException, InterruptedException {
        for (int i = 0; i < 100; i++) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
                return;
            } catch (IOException e) {
                if (!process.isAlive()) {
                    break;
                }
                Thread.sleep(50);
            }
        }
        throw new IOException("sshd did not start: " + log());
    }

    /** The loopback port it listens on. */
    public int port() {
        return port;
    }

    /** A directory with an {@code ssh} that uses our keys, to be put first on the client's PATH. */
    public Path clientBin() {
        return directory.resolve("bin");
    }

    /**
     * The same for another user of this machine, who has the key to himself as ssh demands it. The directory must be one that
     * this user can reach; only root can ask for it.
     */
    public Path clientBinFor(String user) throws IOException {
        Path key = directory.resolve("user_key-" + user);
        Files.copy(directory.resolve("user_key"), key);
        Files.setOwner(key, key.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(user));
        Path bin = directory.resolve("bin-" + user);
        client(directory, bin, key);
        return bin;
    }

    /** What it has logged so far. */
    public String log() throws IOException {
        return Files.readString(directory.resolve("sshd.log"));
    }

    @Override
    public void close() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
    }
}

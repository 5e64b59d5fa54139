// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.it;

import dev.barman.core.testing.PostgresCluster;
import dev.barman.testing.PrivateSshd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * The way from PostgreSQL to a {@link BarmanHost}: a private sshd whose sessions find a {@code barman} with the configuration
 * of the host, and our clients beside it, which the user of PostgreSQL can run. Everything lies in the directory of the host,
 * so that this is to be found in the command line of every process. Not thread-safe.
 */
final class WalRoute implements AutoCloseable {
    private final PrivateSshd sshd;
    private final Path bin;
    private final Path work;

    private WalRoute(PrivateSshd sshd, Path bin, Path work) {
        this.sshd = sshd;
        this.bin = bin;
        this.work = work;
    }

    /** Whether an sshd can be started here. */
    static boolean isPossible() {
        return PrivateSshd.program().isPresent();
    }

    /**
     * @param host where the WAL is
     * @param barman the {@code barman} that sessions find
     */
    static WalRoute open(BarmanHost host, Path barman) throws IOException, InterruptedException {
        Path directory = Files.createDirectory(host.directory().resolve("route"));
        Path remote = Files.createDirectory(directory.resolve("remote"));
        Path requests = directory.resolve("requests");
        script(
                remote.resolve("barman"),
                "echo \"$*\" >>" + requests + "\nexec " + barman + " -c " + host.config() + " \"$@\"");
        Path distribution = directory.resolve("clients");
        BarmanHost.run(List.of(
                        "cp",
                        "-a",
                        BarmanHost.distribution("barman-wal-restore").toString(),
                        distribution.toString()))
                .ok();
        Path work = Files.createDirectory(directory.resolve("work"));
        PrivateSshd sshd = PrivateSshd.start(
                Files.createDirectory(directory.resolve("ssh")), remote + ":/usr/local/bin:/usr/bin:/bin");
        try {
            Path ssh = sshd.clientBin();
            if (PostgresCluster.isRoot()) {
                ssh = sshd.clientBinFor(PostgresCluster.SUPERUSER);
                Files.setOwner(
                        work,
                        work.getFileSystem()
                                .getUserPrincipalLookupService()
                                .lookupPrincipalByName(PostgresCluster.SUPERUSER));
            }
            Path bin = Files.createDirectory(directory.resolve("bin"));
            for (String client : List.of("barman-wal-restore", "barman-wal-archive")) {
                script(
                        bin.resolve(client),
                        "PATH=" + ssh + ":$PATH\nexport PATH\nexec "
                                + distribution.resolve("bin").resolve(client) + " -U " + System.getProperty("user.name")
                                + " --port " + sshd.port() + " \"$@\"");
            }
            return new WalRoute(sshd, bin, work);
        } catch (IOException | RuntimeException e) {
            sshd.close();
            throw e;
        }
    }

    /** Writes an executable shell script. */
    static Path script(Path file, String text) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + text + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return file;
    }

    /** The path of {@code barman-wal-restore}, which knows user and port already. The host to name is 127.0.0.1. */
    Path restore() {
        return bin.resolve("barman-wal-restore");
    }

    /** The path of {@code barman-wal-archive}, likewise. */
    Path archive() {
        return bin.resolve("barman-wal-archive");
    }

    /** A directory of the user of PostgreSQL, for spools and notes. */
    Path work() {
        return work;
    }

    /** The words that {@code barman} was called with so far, a line each. */
    List<String> requests() throws IOException {
        return Files.readAllLines(work.resolveSibling("requests"));
    }

    /** How many connections there were so far. */
    long connections() throws IOException {
        return sshd.log().lines().filter(l -> l.contains("Accepted publickey")).count();
    }

    @Override
    public void close() throws InterruptedException {
        sshd.close();
    }
}

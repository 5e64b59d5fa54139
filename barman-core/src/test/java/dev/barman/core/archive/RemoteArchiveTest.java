// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.core.ConfigException;
import dev.barman.wal.WalFileName;
import dev.barman.wal.storage.MemoryWalStorage;
import dev.barman.wal.storage.SampleWals;
import dev.barman.wal.storage.WalStorage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server whose WAL archive is at a URL. */
class RemoteArchiveTest {
    private static final String NAME = SampleWals.name(1);

    @TempDir
    Path home;

    private final String url = "test://" + UUID.randomUUID();
    private final MemoryWalStorage archive = new MemoryWalStorage();
    private ArchiveServer server;

    @BeforeEach
    void configure() throws Exception {
        TestArchiveProvider.ARCHIVES.put(url, archive);
        server = new ArchiveServer(home, "wals_directory = " + url);
    }

    @AfterEach
    void forget() {
        TestArchiveProvider.ARCHIVES.remove(url);
    }

    private byte[] archived(String name) throws IOException {
        byte[] content = ArchiveServer.segment(name.substring(0, 24), SampleWals.SYSTEM_ID);
        archive.save(SampleWals.describe(SampleWals.write(home, name, content)));
        Files.delete(home.resolve(name));
        return content;
    }

    /** What get-wal delivers; nothing when it says that there is no such file. */
    private byte[] got(String name, boolean partial) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        boolean found = new GetWal(server.config)
                .write(WalFileName.parse(name), new GetWal.Options(partial, false, null), () -> out);
        return found ? out.toByteArray() : new byte[0];
    }

    private void silence() {
        TestArchiveProvider.ARCHIVES.put(url, (WalStorage) Proxy.newProxyInstance(
                WalStorage.class.getClassLoader(), new Class<?>[] {WalStorage.class}, (proxy, method, arguments) -> {
                    throw new IOException("the bucket does not answer");
                }));
    }

    @Test
    void urlThatNothingInstalledOpensIsAClearError() throws Exception {
        ArchiveServer other = new ArchiveServer(home, "wals_directory = ftp://host/path");

        assertThatThrownBy(() -> ServerWalArchive.of(other.config))
                .isInstanceOf(ConfigException.class)
                .hasMessageContainingAll(
                        "ftp://host/path",
                        "server 'main'",
                        "no library for such URLs is installed",
                        "barman-storage-cloud");
        assertThatThrownBy(() -> other.service().archive(ArchiveWalService.Occasion.DIRECT))
                .isInstanceOf(ConfigException.class);
    }

    @Test
    void archivePassStoresInTheArchiveAndKeepsNothingLocal() throws Exception {
        server.arrive(server.incoming, NAME);

        assertThat(server.archive().archived()).isEqualTo(1);

        assertThat(archive.exists(WalFileName.parse(NAME))).isTrue();
        assertThat(ArchiveServer.files(server.incoming)).isEmpty();
        assertThat(server.wals).doesNotExist();
    }

    @Test
    void filesAreDeliveredOutOfTheArchive() throws Exception {
        byte[] content = archived(NAME);
        byte[] part = archived(SampleWals.name(2) + ".partial");

        assertThat(got(NAME, false)).isEqualTo(content);
        assertThat(got(SampleWals.name(2), false)).isEmpty();
        assertThat(got(SampleWals.name(2), true)).isEqualTo(part);
        assertThat(new GetWal(server.config).peek(WalFileName.parse(NAME), 5)).containsExactly(NAME);
    }

    @Test
    void archiveThatDoesNotAnswerIsNotOneWithoutTheFile() throws Exception {
        silence();

        assertThatThrownBy(() -> got(NAME, true))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("the bucket does not answer");
        assertThatThrownBy(() -> new GetWal(server.config).peek(WalFileName.parse(NAME), 5))
                .isInstanceOf(IOException.class);
    }

    @Test
    void fileThatWaitsIsDeliveredThoughTheArchiveDoesNotAnswer() throws Exception {
        silence();
        server.arrive(server.incoming, NAME);

        assertThat(got(NAME, false)).isEqualTo(ArchiveServer.segment(NAME, SampleWals.SYSTEM_ID));
        Files.move(server.incoming.resolve(NAME), server.streaming.resolve(NAME + ".partial"));
        // The whole segment may be in the archive.
        assertThatThrownBy(() -> got(NAME, true)).isInstanceOf(IOException.class);
    }

    @Test
    void indexIsBuiltFromTheArchiveAndNotReplacedWhenThatDoesNotAnswer() throws Exception {
        archived(NAME);
        archived(SampleWals.name(2));
        archived(SampleWals.name(2) + ".00000028.backup");
        archived(SampleWals.name(3) + ".partial");

        new RebuildXlogDbService(server.messages).rebuild(server.config);

        assertThat(server.messages.lines().toString()).contains("(history: 0, backup_labels: 1, wal_file: 2)");
        assertThat(server.indexed()).containsExactly(NAME, SampleWals.name(2), SampleWals.name(2) + ".00000028.backup");
        silence();
        assertThatThrownBy(() -> new RebuildXlogDbService(server.messages).rebuild(server.config))
                .isInstanceOf(IOException.class);
        assertThat(server.indexed()).hasSize(3);
    }
}

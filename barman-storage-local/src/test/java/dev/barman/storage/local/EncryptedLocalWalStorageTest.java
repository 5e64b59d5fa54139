// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.wal.WalFileName;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.storage.SampleWals;
import dev.barman.wal.storage.StoreOutcome;
import dev.barman.wal.storage.WalStorage;
import dev.barman.wal.storage.WalStorageContract;
import dev.barman.wal.storage.WalToStore;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EncryptedLocalWalStorageTest extends WalStorageContract {
    private static final CompressionSettings COMPRESSION = CompressionSettings.of(CompressionAlgorithm.GZIP);

    @TempDir
    Path root;

    private LocalArchiveFixture archive;

    @Override
    protected WalStorage emptyStorage() throws IOException {
        archive = new LocalArchiveFixture(root);
        return described().decryption(new FakeCipher()).build();
    }

    private LocalWalStorage.Builder described() {
        return archive.storage().compression(COMPRESSION).encryption(new FakeCipher());
    }

    @Override
    protected List<WalEntry> indexLines() throws IOException {
        return archive.lines();
    }

    @Override
    protected void loseIndexLines() throws IOException {
        archive.loseLines();
    }

    @Override
    protected byte[] plainContent(InputStream stored, WalFileName name) throws IOException {
        Path encrypted = Files.write(root.resolve("encrypted"), stored.readAllBytes());
        Path decrypted = root.resolve("decrypted");
        new FakeCipher().decrypt(encrypted, decrypted);
        return archive.plain(new ByteArrayInputStream(Files.readAllBytes(decrypted)), name, COMPRESSION);
    }

    @Test
    void lineTellsBothCompressionAndEncryption() throws IOException {
        WalToStore wal =
                SampleWals.describe(SampleWals.write(sources, SampleWals.name(1), SampleWals.content(1, 5000)));

        WalEntry entry = described().build().save(wal).entry();

        assertThat(entry.compression()).isEqualTo("gzip");
        assertThat(entry.encryption()).isEqualTo("gpg");
        assertThat(LocalArchiveFixture.tree(archive.wals))
                .containsExactly("0000000100000000/", "0000000100000000/" + SampleWals.name(1));
    }

    /** Nobody can tell whether it is the same, so both stay, and the stored one gets the line that a crash may have cost it. */
    @Test
    void hazardEncryptedDuplicateThatCannotBeDecryptedIsKeptAndTheStoredOneIndexed() throws IOException {
        WalToStore wal =
                SampleWals.describe(SampleWals.write(sources, SampleWals.name(1), SampleWals.content(1, 5000)));
        LocalWalStorage undecryptable = described().build();
        WalEntry stored = undecryptable.save(wal).entry();
        archive.loseLines();

        StoreOutcome outcome = undecryptable.save(wal);

        assertThat(outcome).isInstanceOf(StoreOutcome.DifferentDuplicate.class);
        assertThat(archive.lines()).hasSize(1);
        assertThat(archive.lines().get(0).sizeBytes()).isEqualTo(stored.sizeBytes());
        assertThat(archive.lines().get(0).encryption()).isEqualTo("gpg");
    }
}

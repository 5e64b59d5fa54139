// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import dev.barman.wal.WalFileName;
import dev.barman.wal.archive.WalBatch;
import dev.barman.wal.archive.WalSource;
import dev.barman.wal.compress.CompressionDetector;
import dev.barman.wal.storage.WalToStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * The {@code incoming} directory, filled by {@code archive_command} or {@code put-wal}. A file that is still being written must have a
 * hidden name or one that ends in {@code .tmp}; those are left alone.
 *
 * <p>Unlike in Barman, such files do not use up the batch size: otherwise as many stale ones as the batch size, sorting first, would
 * stop archiving for ever.
 */
public final class FileWalSource implements WalSource {
    private final Path directory;
    private final int batchSize;
    private final CompressionDetector detector;

    /**
     * A source.
     *
     * @param batchSize most WALs of one batch; 0 or less for all
     * @param detector tells how files are compressed already
     */
    public FileWalSource(Path directory, int batchSize, CompressionDetector detector) {
        this.directory = directory;
        this.batchSize = batchSize;
        this.detector = detector;
    }

    @Override
    public WalBatch nextBatch() throws IOException {
        List<String> names = WalDirectory.visibleNames(directory, "incoming_wals_directory");
        List<WalBatch.Item> items = new ArrayList<>();
        List<Path> unknown = new ArrayList<>();
        for (String name : names) {
            if (name.endsWith(WalDirectory.TEMPORARY_SUFFIX)) {
                continue;
            }
            Path file = directory.resolve(name);
            Optional<WalFileName> wal = WalFileName.tryParse(name);
            if (wal.isEmpty() || !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                unknown.add(file);
            } else if (batchSize <= 0 || items.size() < batchSize) {
                items.add(new WalBatch.Item(wal.get(), file));
            }
        }
        return new WalBatch(items, unknown, names.size());
    }

    @Override
    public WalToStore describe(WalBatch.Item item) throws IOException {
        return WalToStore.of(item.name(), item.file(), detector.detect(item.file()));
    }

    @Override
    public void discard(Collection<WalToStore> archived) throws IOException {
        WalDirectory.remove(directory, archived);
    }

    @Override
    public Path directory() {
        return directory;
    }
}

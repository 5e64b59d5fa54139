// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import dev.barman.wal.WalFileName;
import dev.barman.wal.archive.WalBatch;
import dev.barman.wal.archive.WalSource;
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
 * The {@code streaming} directory, filled by {@code pg_receivewal}. The receiver finds its position by the last file, so one is always
 * left to it: the partial segment with the highest name, or the last file if there is no partial one.
 *
 * <p>Unlike in Barman, that file is chosen from the whole directory and not from the batch: otherwise a batch size of 1 would archive
 * nothing for ever.
 */
public final class StreamingWalSource implements WalSource {
    private final Path directory;
    private final int batchSize;

    /**
     * A source.
     *
     * @param batchSize most WALs of one batch; 0 or less for all
     */
    public StreamingWalSource(Path directory, int batchSize) {
        this.directory = directory;
        this.batchSize = batchSize;
    }

    @Override
    public WalBatch nextBatch() throws IOException {
        List<String> names = WalDirectory.visibleNames(directory, "streaming_wals_directory");
        List<WalBatch.Item> items = new ArrayList<>();
        List<WalBatch.Item> partials = new ArrayList<>();
        List<Path> unknown = new ArrayList<>();
        for (String name : names) {
            if (name.endsWith(WalDirectory.TEMPORARY_SUFFIX)) {
                continue;
            }
            Path file = directory.resolve(name);
            Optional<WalFileName> wal = WalFileName.tryParse(name);
            if (wal.isPresent() && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                (WalFileName.isPartial(name) ? partials : items).add(new WalBatch.Item(wal.get(), file));
            } else if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                unknown.add(file);
            }
        }
        List<WalBatch.Item> leaving = partials.isEmpty() ? items : partials;
        if (!leaving.isEmpty()) {
            leaving.remove(leaving.size() - 1);
        }
        items.addAll(partials);
        boolean cut = batchSize > 0 && items.size() > batchSize;
        return new WalBatch(cut ? items.subList(0, batchSize) : items, unknown, names.size());
    }

    /** The receiver writes plain WAL. */
    @Override
    public WalToStore describe(WalBatch.Item item) throws IOException {
        return WalToStore.of(item.name(), item.file(), Optional.empty());
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

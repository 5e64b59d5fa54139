// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import dev.barman.core.BarmanException;
import dev.barman.file.IoReason;
import dev.barman.wal.Lsn;
import dev.barman.wal.TimelineHistory;
import dev.barman.wal.TimelineId;
import dev.barman.wal.WalFileName;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionDetector;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import dev.barman.wal.encrypt.EncryptionDetector;
import dev.barman.wal.storage.StoredFile;
import dev.barman.wal.storage.WalStorage;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The timeline histories in a WAL archive. Immutable; every call looks into the archive. Compressed files are read, encrypted ones are not: they
 * count as present with unknown content.
 */
public final class ArchivedHistories {
    private static final Logger LOG = LoggerFactory.getLogger("barman.catalog");

    private final WalStorage archive;
    private final @Nullable CompressionSettings compression;

    /**
     * Creates a reader.
     *
     * @param archive the archive
     * @param compression the server's compression, which tells how to read custom formats; null for none
     */
    public ArchivedHistories(WalStorage archive, @Nullable CompressionSettings compression) {
        this.archive = archive;
        this.compression = compression;
    }

    /**
     * The switches that a timeline's history tells.
     *
     * @return empty when the history is not archived; an empty list when it is encrypted
     * @throws BarmanException when it cannot be read or is damaged
     */
    public Optional<List<TimelineHistory.Entry>> read(TimelineId timeline) throws BarmanException {
        WalFileName name = WalFileName.parse(timeline.hex() + ".history");
        try (StoredFile stored = archive.fetch(name).orElse(null)) {
            return stored == null ? Optional.empty() : Optional.of(read(stored, timeline));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new BarmanException(
                    "cannot read timeline history " + archive.destinationOf(name) + ": " + IoReason.of(e), e);
        }
    }

    private List<TimelineHistory.Entry> read(StoredFile stored, TimelineId timeline) throws IOException {
        Path file = stored.file();
        if (EncryptionDetector.isEncrypted(file)) {
            LOG.warn("The timeline history {} is encrypted: not read", stored.location());
            return List.of();
        }
        Optional<CompressionAlgorithm> algorithm =
                CompressionDetector.of(compression).detect(file);
        CompressionSettings settings = algorithm.isEmpty() ? null : settings(algorithm.get());
        try (WalCodec codec = settings == null ? null : WalCodec.of(settings);
                InputStream in = new BufferedInputStream(Files.newInputStream(file));
                InputStream plain = codec == null ? in : codec.decompressing(in)) {
            return TimelineHistory.parse(plain, timeline, stored.location());
        }
    }

    private CompressionSettings settings(CompressionAlgorithm algorithm) {
        return compression != null && algorithm == compression.algorithm()
                ? compression
                : CompressionSettings.of(algorithm);
    }

    /**
     * The timelines that left a timeline at or behind a position, in ascending order: those that a restore of a backup ending there can
     * reach. As in Barman, the search ends at the first number without a history.
     *
     * @throws BarmanException when a history cannot be read
     */
    public List<TimelineId> childrenOf(TimelineId timeline, Lsn position) throws BarmanException {
        TreeSet<TimelineId> children = new TreeSet<>();
        for (long number = timeline.value() + 1; number <= 0xFFFFFFFFL; number++) {
            Optional<List<TimelineHistory.Entry>> entries = read(TimelineId.of(number));
            if (entries.isEmpty()) {
                break;
            }
            for (TimelineHistory.Entry entry : entries.get()) {
                if (entry.parent().equals(timeline) && entry.switchPoint().compareTo(position) >= 0) {
                    children.add(entry.timeline());
                }
            }
        }
        return new ArrayList<>(children);
    }
}

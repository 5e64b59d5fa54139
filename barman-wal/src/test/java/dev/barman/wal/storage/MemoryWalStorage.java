// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.storage;

import dev.barman.wal.WalFileName;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.compress.CompressionAlgorithm;
import dev.barman.wal.compress.CompressionDetector;
import dev.barman.wal.compress.CompressionSettings;
import dev.barman.wal.compress.WalCodec;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** An archive in memory that does what an object store can: put if absent, get, delete by key, list. */
public final class MemoryWalStorage implements WalStorage {
    private record Stored(byte[] bytes, WalToStore source) {}

    private final Map<String, Stored> objects = new TreeMap<>();
    private final List<WalEntry> index = new ArrayList<>();

    /** The lines of the index. */
    public List<WalEntry> index() {
        return index;
    }

    @Override
    public void save(Iterator<WalToStore> wals, StoreListener listener) throws IOException {
        while (wals.hasNext()) {
            WalToStore wal = wals.next();
            StoreOutcome outcome;
            try {
                outcome = put(wal);
            } catch (IOException e) {
                throw new WalStoreException(wal, "Cannot store " + wal.file() + ": " + e, e);
            }
            listener.durable(List.of(outcome));
        }
    }

    private StoreOutcome put(WalToStore wal) throws IOException {
        byte[] bytes = Files.readAllBytes(wal.file());
        String name = wal.name().text();
        Stored there = objects.putIfAbsent(name, new Stored(bytes, wal));
        byte[] stored = there == null ? bytes : there.bytes();
        WalEntry entry = new WalEntry(
                name,
                stored.length,
                WalEntry.epochSeconds((there == null ? wal : there.source()).modified()),
                CompressionDetector.STANDARD
                        .detect(stored, stored.length)
                        .map(CompressionAlgorithm::id)
                        .orElse(null),
                null);
        if (index.stream().noneMatch(line -> line.name().equals(name))) {
            index.add(entry);
        }
        if (there == null) {
            return new StoreOutcome.Stored(wal, entry, "memory:" + name);
        }
        return Arrays.equals(plain(stored), plain(bytes))
                ? new StoreOutcome.IdenticalDuplicate(wal, entry, "memory:" + name)
                : new StoreOutcome.DifferentDuplicate(wal, entry, "memory:" + name);
    }

    /** Uncompresses by the first bytes. */
    public static byte[] plain(byte[] bytes) throws IOException {
        Optional<CompressionAlgorithm> algorithm = CompressionDetector.STANDARD.detect(bytes, bytes.length);
        if (algorithm.isEmpty()) {
            return bytes;
        }
        try (WalCodec codec = WalCodec.of(CompressionSettings.of(algorithm.get()));
                InputStream in = codec.decompressing(new ByteArrayInputStream(bytes))) {
            return in.readAllBytes();
        }
    }

    @Override
    public Optional<StoredWal> stat(WalFileName name) {
        Stored stored = objects.get(name.text());
        return stored == null
                ? Optional.empty()
                : Optional.of(new StoredWal(
                        name, stored.bytes().length, stored.source().modified(), locationOf(name, null), null));
    }

    @Override
    public InputStream open(WalFileName name) throws IOException {
        Stored stored = objects.get(name.text());
        if (stored == null) {
            throw new NoSuchFileException(name.text());
        }
        return new ByteArrayInputStream(stored.bytes());
    }

    @Override
    public String locationOf(WalFileName name, @Nullable String compression) {
        return "memory:" + name.text();
    }

    @Override
    public List<DeleteFailure> delete(Collection<? extends WalFileName> names) {
        names.forEach(name -> objects.remove(name.text()));
        return List.of();
    }

    @Override
    public void list(StoredWalVisitor visitor) throws IOException {
        for (String name : objects.keySet()) {
            visitor.visit(stat(WalFileName.parse(name)).orElseThrow());
        }
    }

    @Override
    public String location() {
        return "memory:";
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import static dev.barman.storage.cloud.archive.DataDirectory.content;
import static dev.barman.storage.cloud.archive.DataDirectory.name;

import dev.barman.object.MemoryObjectStore;
import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectStore;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import dev.barman.storage.cloud.CloudLocation;
import dev.barman.storage.cloud.CloudProvider;
import dev.barman.storage.cloud.WalKeys;
import dev.barman.wal.archive.ArchiveListener;
import dev.barman.wal.archive.StateDirectory;
import dev.barman.wal.catalog.WalEntry;
import dev.barman.wal.catalog.XlogDb;
import dev.barman.wal.compress.CompressionSettings;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** An archiver with a data directory, a store in memory that notes each request and may refuse some, and what it left. */
abstract class ArchiverFixture {
    static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-20T10:00:00Z"), ZoneOffset.UTC);
    static final String STAMP = "20261120T100000Z";

    @TempDir
    Path directory;

    final MemoryObjectStore store = new MemoryObjectStore();
    final Set<String> refusedPuts = Collections.synchronizedSet(new HashSet<>());
    final List<String> requests = Collections.synchronizedList(new ArrayList<>());
    final List<String> warnings = Collections.synchronizedList(new ArrayList<>());
    DataDirectory data;
    Path state;

    @Nullable
    CompressionSettings compression;

    @Nullable
    ArchiveListener listener;

    Runnable onPut = () -> {};
    Duration patience = Duration.ofSeconds(5);
    Duration ahead = Duration.ofSeconds(30);
    String destination = "here";

    @BeforeEach
    void makeDataDirectory() throws IOException {
        data = new DataDirectory(directory.resolve("data"));
        state = directory.resolve("state");
    }

    /** The store, with each request noted, and writes of some names refused. */
    ObjectStore observed() {
        return (ObjectStore) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {ObjectStore.class}, (proxy, method, arguments) -> {
                    if (!method.getName().equals("close")) {
                        requests.add(method.getName() + (arguments == null ? "" : " " + arguments[0]));
                    }
                    if (method.getName().equals("put")) {
                        String key = ((ObjectKey) arguments[0]).name();
                        if (refusedPuts.contains(key)) {
                            throw new StorageException("no " + key, StorageException.Reason.UNREACHABLE, true, null);
                        }
                        onPut.run();
                    }
                    try {
                        return method.invoke(store, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    CloudWalArchiver.Builder builder() {
        WalKeys keys = new WalKeys(CloudLocation.parse("s3://b/p", CloudProvider.AWS_S3), "main");
        CloudWalArchiver.Builder builder = CloudWalArchiver.builder(this::observed, keys)
                .compression(compression)
                .warnings(warnings::add)
                .patience(patience)
                .ahead(ahead)
                .clock(CLOCK);
        return listener == null ? builder : builder.listener(listener);
    }

    CloudArchiveResult archive(Path wal, int parallel) throws IOException {
        requests.clear();
        try (CloudWalArchiver archiver =
                builder().state(new StateDirectory(state), "main", destination).build()) {
            return archiver.archive(wal, parallel);
        }
    }

    List<String> stored() throws IOException {
        return store.listAll("").stream().map(object -> object.key().name()).toList();
    }

    List<String> indexed() throws IOException {
        return new XlogDb(state.resolve("main-xlog.db"))
                .entries().stream().map(WalEntry::name).toList();
    }

    static List<String> names(int timeline, long first, long last) {
        List<String> names = new ArrayList<>();
        for (long number = first; number <= last; number++) {
            names.add(name(timeline, number));
        }
        return names;
    }

    List<String> inErrors() throws IOException {
        Path errors = state.resolve("errors");
        if (!Files.exists(errors)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(errors)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    void put(String path, byte[] content) throws IOException {
        store.put(ObjectKey.of("p/main/wals/" + path), ObjectContent.of(content), PutOptions.OVERWRITE);
    }

    static byte[] changed(byte[] content) {
        byte[] other = content.clone();
        other[content.length - 1] ^= 1;
        return other;
    }

    static String key(int timeline, long number) {
        String name = name(timeline, number);
        return name.substring(0, 16) + "/" + name;
    }

    void segments(int timeline, long first, long last) throws IOException {
        for (long number = first; number <= last; number++) {
            data.segment(timeline, number);
        }
    }

    Path wal(int timeline, long number) {
        return data.wal(name(timeline, number));
    }
}

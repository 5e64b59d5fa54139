// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.object.ObjectContent;
import dev.barman.object.ObjectKey;
import dev.barman.object.ObjectNotFoundException;
import dev.barman.object.ObjectStore;
import dev.barman.object.ObjectStoreContract;
import dev.barman.object.PutOptions;
import dev.barman.object.StorageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocalObjectStoreTest extends ObjectStoreContract {
    @TempDir
    Path directory;

    @Override
    protected ObjectStore openEmptyStore() throws Exception {
        LocalObjectStore local = new LocalObjectStore(directory.resolve("objects/here"));
        assertThat(local.containerExists()).isFalse();
        local.createContainer();
        return local;
    }

    private List<String> tree() throws IOException {
        try (Stream<Path> walk = Files.walk(directory)) {
            return walk.map(path -> directory.relativize(path).toString())
                    .filter(path -> !path.isEmpty())
                    .sorted()
                    .toList();
        }
    }

    private static ObjectContent text(String content) {
        return ObjectContent.of(content.getBytes());
    }

    @Test
    void keysAreFilesAndEmptyDirectoriesGo() throws Exception {
        store.put(ObjectKey.of("main/wals/0000000100000000/a"), text("1"), PutOptions.CREATE_ONLY);
        store.put(ObjectKey.of("main/b"), text("2"), PutOptions.OVERWRITE);
        assertThat(tree())
                .containsExactly(
                        "objects",
                        "objects/here",
                        "objects/here/main",
                        "objects/here/main/b",
                        "objects/here/main/wals",
                        "objects/here/main/wals/0000000100000000",
                        "objects/here/main/wals/0000000100000000/a");

        store.delete(List.of(ObjectKey.of("main/wals/0000000100000000/a")));
        assertThat(tree()).containsExactly("objects", "objects/here", "objects/here/main", "objects/here/main/b");
        store.delete(List.of(ObjectKey.of("main/b")));
        assertThat(tree()).containsExactly("objects", "objects/here");
    }

    @Test
    void failedUploadLeavesNothing() throws Exception {
        ObjectContent broken = new ObjectContent() {
            @Override
            public long sizeBytes() {
                return 5;
            }

            @Override
            public InputStream open() {
                return new InputStream() {
                    @Override
                    public int read() throws IOException {
                        throw new IOException("disk on fire");
                    }
                };
            }
        };

        assertThatThrownBy(() -> store.put(ObjectKey.of("a/b/c"), broken, PutOptions.OVERWRITE))
                .hasMessage("disk on fire");
        assertThat(tree()).containsExactly("objects", "objects/here");
    }

    @Test
    void temporaryFilesOfACrashAreNoObjects() throws Exception {
        Files.writeString(directory.resolve("objects/here/.barman-tmp.1.x"), "torn");

        assertThat(store.listAll("")).isEmpty();
        assertThatThrownBy(() -> store.put(ObjectKey.of(".barman-tmp.1.x"), text(""), PutOptions.OVERWRITE))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("temporary file");
    }

    @Test
    void fileThatNoKeyCanNameIsNoObject() throws Exception {
        Files.writeString(directory.resolve("objects/here/line\nfeed"), "x");
        Files.writeString(directory.resolve("objects/here/fine"), "x");

        assertThat(store.listAll("")).extracting(o -> o.key().value()).containsExactly("fine");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void objectAndDirectoryOfTheSameNameAreRefused(boolean createOnly) throws Exception {
        PutOptions options = createOnly ? PutOptions.CREATE_ONLY : PutOptions.OVERWRITE;
        store.put(ObjectKey.of("a/b"), text("1"), options);

        assertThat(store.stat(ObjectKey.of("a/b/c"))).isEmpty();
        assertThatThrownBy(() -> store.open(ObjectKey.of("a/b/c"))).isInstanceOf(ObjectNotFoundException.class);
        assertThat(store.delete(List.of(ObjectKey.of("a/b/c"), ObjectKey.of("a"))))
                .isEmpty();
        assertThatThrownBy(() -> store.put(ObjectKey.of("a"), text("2"), options))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.retryable()).isFalse());
        assertThatThrownBy(() -> store.put(ObjectKey.of("a/b/c"), text("3"), options))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.retryable()).isFalse());
        assertThatThrownBy(() -> store.put(ObjectKey.of("a//b"), text("4"), options))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("empty segment");
        assertThatThrownBy(() -> store.put(ObjectKey.of("n".repeat(300)), text("5"), options))
                .isInstanceOf(StorageException.class);
        assertThat(tree()).containsExactly("objects", "objects/here", "objects/here/a", "objects/here/a/b");
    }

    @Test
    void missingDirectoryIsReportedAndMadeByThePut() throws Exception {
        LocalObjectStore other = new LocalObjectStore(directory.resolve("new"));

        assertThatThrownBy(() -> other.list("", Optional.empty(), 1))
                .isInstanceOfSatisfying(
                        StorageException.class,
                        e -> assertThat(e.reason()).isEqualTo(StorageException.Reason.NOT_FOUND));
        assertThat(other.stat(ObjectKey.of("a"))).isEmpty();
        other.put(ObjectKey.of("a"), text("1"), PutOptions.CREATE_ONLY);
        assertThat(other.containerExists()).isTrue();
        assertThat(other.listAll("")).hasSize(1);
    }

    @Test
    void symbolicLinksAreNotFollowed() throws Exception {
        Path secret = Files.writeString(directory.resolve("secret"), "x");
        Files.createSymbolicLink(directory.resolve("objects/here/link"), secret);

        assertThat(store.listAll("")).isEmpty();
        assertThat(store.stat(ObjectKey.of("link"))).isEmpty();
        assertThatThrownBy(() -> store.open(ObjectKey.of("link"))).isInstanceOf(StorageException.class);
    }
}

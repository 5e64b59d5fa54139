// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnpackedTreeTest {
    @TempDir
    Path directory;

    private Path root;
    private UnpackedTree tree;

    @BeforeEach
    void setUp() throws IOException {
        root = Files.createDirectory(directory.resolve("root"));
        tree = new UnpackedTree(root, true);
    }

    @Test
    void fileIsRemoved() throws IOException {
        Path file = root.resolve("base/1");
        tree.directory(file.getParent());
        Files.createFile(file);

        tree.remove(file);

        assertThat(file.getParent()).isEmptyDirectory();
        tree.remove(file);
    }

    @Test
    void linkIsRemovedAndNotWhatItPointsTo() throws IOException {
        Path file = Files.createFile(directory.resolve("file"));
        Path link = Files.createSymbolicLink(root.resolve("link"), file);

        tree.remove(link);

        assertThat(root).isEmptyDirectory();
        assertThat(file).exists();
    }

    /** Were it removed, a link could take its place, through which others would write that rely on it. */
    @Test
    void directoryIsNotRemovedEvenWhenItIsEmpty() throws IOException {
        Path known = root.resolve("known");
        tree.directory(known);
        Path found = Files.createDirectory(root.resolve("found"));

        for (Path path : new Path[] {known, found}) {
            assertThatThrownBy(() -> tree.remove(path))
                    .isInstanceOf(IOException.class)
                    .hasMessage("the archive has a file and a directory of the same name: " + path);
            assertThat(path).isDirectory();
        }
    }

    @Test
    void nothingIsRemovedBehindALink() throws IOException {
        Path outside = Files.createDirectory(directory.resolve("outside"));
        Path file = Files.createFile(outside.resolve("file"));
        Files.createSymbolicLink(root.resolve("link"), outside);

        assertThatThrownBy(() -> tree.remove(root.resolve("link/file"))).hasMessageContaining("behind a symbolic link");
        assertThat(file).exists();
    }
}

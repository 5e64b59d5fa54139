// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import dev.barman.core.recovery.RecoveryStep.Tree;
import java.io.IOException;
import java.nio.file.CopyOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Copies directory trees with modes and times; for one use. Not thread-safe. */
final class TreeCopier {
    private static final CopyOption[] EVERYTHING = {
        StandardCopyOption.COPY_ATTRIBUTES, StandardCopyOption.REPLACE_EXISTING, LinkOption.NOFOLLOW_LINKS
    };

    private final List<Path[]> files = new ArrayList<>();
    private final List<Directory> directories = new ArrayList<>();

    private record Directory(Path target, Set<PosixFilePermission> mode, FileTime modified) {}

    /**
     * Copies the trees. Directories are created first, then files are copied in parallel, last the directories get their
     * modes and times.
     *
     * @throws IOException when anything cannot be read or written; what was copied stays
     */
    static void copy(List<Tree> trees, int threads) throws IOException {
        TreeCopier copier = new TreeCopier();
        for (Tree tree : trees) {
            copier.prepare(tree);
        }
        ParallelWork.run("copy", threads, copier.files.size(), copier::copyFile);
        for (int i = copier.directories.size() - 1; i >= 0; i--) {
            Directory directory = copier.directories.get(i);
            Files.setPosixFilePermissions(directory.target(), directory.mode());
            Files.setLastModifiedTime(directory.target(), directory.modified());
        }
    }

    private void copyFile(int index) throws IOException {
        Path[] file = files.get(index);
        Files.copy(file[0], file[1], EVERYTHING);
    }

    private void prepare(Tree tree) throws IOException {
        Files.walkFileTree(tree.source(), new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path source, BasicFileAttributes ignored) throws IOException {
                String relative = tree.source().relativize(source).toString();
                if (tree.leftOut().contains(relative)) {
                    return FileVisitResult.SKIP_SUBTREE;
                }
                PosixFileAttributes attributes = Files.getFileAttributeView(source, PosixFileAttributeView.class)
                        .readAttributes();
                addDirectory(tree.target().resolve(relative), attributes.permissions(), attributes.lastModifiedTime());
                return tree.leftOut().contains(relative + "/")
                        ? FileVisitResult.SKIP_SUBTREE
                        : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path source, BasicFileAttributes attributes) throws IOException {
                String relative = tree.source().relativize(source).toString();
                if (tree.leftOut().contains(relative)) {
                    return FileVisitResult.CONTINUE;
                }
                Path target = tree.target().resolve(relative);
                if (tree.leftOut().contains(relative + "/")) {
                    // A link where a directory is expected, such as that to a WAL directory on another disk of the
                    // origin: what is restored must not write there.
                    addDirectory(target, RestoredDirectories.PRIVATE, attributes.lastModifiedTime());
                } else {
                    files.add(new Path[] {source, target});
                }
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private void addDirectory(Path target, Set<PosixFilePermission> mode, FileTime modified) throws IOException {
        RestoredDirectories.create(target);
        directories.add(new Directory(target, mode, modified));
    }
}

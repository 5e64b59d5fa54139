// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.barman.wal.archive.Quarantine.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ErrorsDirectoryTest {
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-20T11:19:48.999Z"), ZoneOffset.ofHours(5));

    @TempDir
    Path root;

    private Path directory;
    private ErrorsDirectory errors;

    @BeforeEach
    void createDirectory() {
        directory = root.resolve("server/errors");
        errors = new ErrorsDirectory(directory, CLOCK);
    }

    private Path file(String name, int content) throws IOException {
        return Files.write(root.resolve(name), new byte[] {(byte) content});
    }

    @Test
    void nameIsBarmansInUtc() throws IOException {
        Path kept = errors.keep(file("foo.bar", 1), "foo.bar", Reason.UNKNOWN);

        assertThat(kept)
                .isEqualTo(directory.resolve("foo.bar.20261120T111948Z.unknown"))
                .hasBinaryContent(new byte[] {1});
        assertThat(root.resolve("foo.bar")).doesNotExist();
    }

    @Test
    void hazardSecondFileOfTheSameSecondReplacesNothing() throws IOException {
        for (int i = 0; i < 3; i++) {
            errors.keep(file("W", i), "W", Reason.DUPLICATE);
        }

        assertThat(directory.resolve("W.20261120T111948Z.duplicate")).hasBinaryContent(new byte[] {0});
        assertThat(directory.resolve("W.20261120T111948Z.1.duplicate")).hasBinaryContent(new byte[] {1});
        assertThat(directory.resolve("W.20261120T111948Z.2.duplicate")).hasBinaryContent(new byte[] {2});
    }

    @Test
    void fileMayBeKeptUnderAnotherNameThanItsOwn() throws IOException {
        assertThat(errors.keep(file(".77-W", 1), "W", Reason.DUPLICATE))
                .isEqualTo(directory.resolve("W.20261120T111948Z.duplicate"));
    }

    @Test
    void directoryGoesWithItsContent() throws IOException {
        Path source = Files.createDirectories(root.resolve("d/sub")).getParent();
        Files.createFile(source.resolve("sub/file"));

        Path kept = errors.keep(source, "d", Reason.UNKNOWN);

        assertThat(LocalArchiveFixture.tree(kept)).containsExactly("sub/", "sub/file");
        assertThat(source).doesNotExist();
        assertThat(errors.keep(Files.createDirectory(source), "d", Reason.UNKNOWN))
                .isEqualTo(directory.resolve("d.20261120T111948Z.1.unknown"));
    }

    @Test
    void symbolicLinkGoesItselfAndItsTargetStays() throws IOException {
        Path target = file("target", 1);
        Path link = Files.createSymbolicLink(root.resolve("link"), target);

        Path kept = errors.keep(link, "link", Reason.UNKNOWN);

        assertThat(kept).isSymbolicLink();
        assertThat(link).doesNotExist();
        assertThat(target).hasBinaryContent(new byte[] {1});
    }

    @Test
    void danglingSymbolicLinkGoesToo() throws IOException {
        Path link = Files.createSymbolicLink(root.resolve("link"), root.resolve("nothing"));

        assertThat(Files.isSymbolicLink(errors.keep(link, "link", Reason.UNKNOWN)))
                .isTrue();
    }

    @Test
    void directoryOnAnotherFileSystemIsCopied() throws IOException {
        Path memory = Path.of("/dev/shm");
        assumeTrue(
                Files.isWritable(memory)
                        && !Files.getAttribute(memory, "unix:dev").equals(Files.getAttribute(root, "unix:dev")),
                "no second file system");
        Path source = Files.createTempDirectory(memory, "barman-test");
        Files.write(source.resolve("file"), new byte[] {5});

        Path kept = errors.keep(source, "d", Reason.UNKNOWN);

        assertThat(kept.resolve("file")).hasBinaryContent(new byte[] {5});
        assertThat(source).doesNotExist();
        assertThat(LocalArchiveFixture.tree(directory))
                .containsExactly("d.20261120T111948Z.unknown/", "d.20261120T111948Z.unknown/file");
    }

    @Test
    void missingSourceIsToldAsSuch() {
        assertThatExceptionOfType(NoSuchFileException.class)
                .isThrownBy(() -> errors.keep(root.resolve("nothing"), "nothing", Reason.UNKNOWN));
    }

    @Test
    void failureLeavesTheSourceAndSaysWhatToDo() throws IOException {
        Path source = file("W", 1);
        Files.createDirectories(directory.getParent());
        Files.createFile(directory);

        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> errors.keep(source, "W", Reason.DUPLICATE))
                .withMessage("Cannot move " + source + " to the errors directory " + directory + ": exists already"
                        + ". The file is still where it was. Nothing was lost, and the next run goes on from here.");
        assertThat(source).exists();
    }

    @Test
    void pathsAreNotNames() {
        assertThatIllegalArgumentException().isThrownBy(() -> errors.keep(root, "../x", Reason.UNKNOWN));
        assertThatIllegalArgumentException().isThrownBy(() -> errors.keep(root, "", Reason.UNKNOWN));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class IoReasonTest {
    static Stream<Arguments> failures() {
        return Stream.of(
                arguments(new NoSuchFileException("/a"), "/a: no such file or directory"),
                arguments(new AccessDeniedException("/a"), "/a: permission denied"),
                arguments(new FileAlreadyExistsException("/a"), "/a: exists already"),
                arguments(new NotDirectoryException("/a"), "/a: not a directory"),
                arguments(new DirectoryNotEmptyException("/a"), "/a: directory not empty"),
                arguments(
                        new FileSystemException("/a", null, "No space left on device"), "/a: No space left on device"),
                arguments(new MalformedInputException(1), "not text in the expected encoding"),
                arguments(new IOException("torn"), "torn"),
                arguments(new IOException(), "java.io.IOException"));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void everyFailureHasWords(IOException failure, String words) {
        assertThat(IoReason.of(failure)).isEqualTo(words);
    }

    @Test
    void fileThatTheMessageNamesIsNotSaidAgain() {
        assertThat(IoReason.of(new AccessDeniedException("/a"), Path.of("/a"))).isEqualTo("permission denied");
        assertThat(IoReason.of(new AccessDeniedException("/a/b"), Path.of("/a")))
                .isEqualTo("/a/b: permission denied");
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.core.signal.TerminatedException;
import dev.barman.core.signal.TerminationSignals;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSyncerTest {
    @TempDir
    Path directory;

    private final TerminationSignals signals = TerminationSignals.none();

    @Test
    void whatIsGoneOrNoFileIsPassedOver() throws Exception {
        try (FileSyncer syncer = new FileSyncer()) {
            for (int i = 0; i < 200; i++) {
                syncer.sync(Files.write(directory.resolve("f" + i), new byte[100]), null);
            }
            syncer.sync(directory.resolve("gone"), FileTime.fromMillis(1000));
            syncer.sync(directory, null);
            syncer.await(signals);
        }
    }

    @Test
    void theTimeSaysThatAFileIsDurable() throws Exception {
        Path file = Files.write(directory.resolve("f"), new byte[100]);
        try (FileSyncer syncer = new FileSyncer()) {
            syncer.sync(file, FileTime.fromMillis(1000));
            syncer.await(signals);
        }
        assertThat(Files.getLastModifiedTime(file)).isEqualTo(FileTime.fromMillis(1000));
        // Of the kernel's file it cannot be said.
        try (FileSyncer syncer = new FileSyncer()) {
            syncer.sync(Path.of("/proc/self/status"), FileTime.fromMillis(1000));
            assertThatThrownBy(() -> syncer.await(signals)).isInstanceOf(IOException.class);
        }
        assertThat(Files.getLastModifiedTime(Path.of("/proc/self/status"))).isNotEqualTo(FileTime.fromMillis(1000));
    }

    @Test
    void aFailureIsTold() throws Exception {
        // A file of the kernel's, which cannot be made durable.
        Path file = Path.of("/proc/self/status");
        try (FileSyncer syncer = new FileSyncer()) {
            syncer.sync(file, null);
            assertThatThrownBy(() -> syncer.await(signals)).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> syncer.sync(file, null)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void aSignalEndsTheWait() throws Exception {
        try (FileSyncer syncer = new FileSyncer()) {
            syncer.sync(Files.write(directory.resolve("f"), new byte[100]), null);
            signals.raise(TerminationSignals.Kind.TERM);
            assertThatThrownBy(() -> syncer.await(signals)).isInstanceOf(TerminatedException.class);
        }
        assertThat(directory.resolve("f")).exists();
    }
}

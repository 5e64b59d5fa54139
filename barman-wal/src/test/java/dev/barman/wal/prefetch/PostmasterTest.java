// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.prefetch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PostmasterTest {
    @TempDir
    Path directory;

    @Test
    void serverIsThereForAsLongAsItsFileNamesItAndItRuns() throws Exception {
        long own = ProcessHandle.current().pid();
        Path file = Files.writeString(directory.resolve("postmaster.pid"), own + "\n/data\n1700000000\n");
        Postmaster postmaster = Postmaster.of(directory);
        assertThat(postmaster.process()).isEqualTo(own);
        assertThat(postmaster.isThere()).isTrue();

        Files.writeString(file, "1\n/data\n");
        assertThat(postmaster.isThere()).as("another server").isFalse();
        Files.delete(file);
        assertThat(postmaster.isThere()).as("stopped").isFalse();
        Files.writeString(file, "4194305\n/data\n");
        assertThat(Postmaster.of(directory).isThere()).as("killed").isFalse();
    }

    @Test
    void withoutAServerThereIsNothingToWatch() throws Exception {
        assertThat(Postmaster.of(directory).isThere()).isTrue();
        Files.writeString(directory.resolve("postmaster.pid"), "");
        assertThat(Postmaster.of(directory)).isEqualTo(new Postmaster(directory, 0));
    }
}

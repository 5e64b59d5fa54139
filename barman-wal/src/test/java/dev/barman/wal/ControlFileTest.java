// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlFileTest {
    @TempDir
    Path data;

    private void control(int bytes, long identifier) throws Exception {
        ByteBuffer content = ByteBuffer.allocate(Math.max(bytes, 8)).order(ByteOrder.LITTLE_ENDIAN);
        content.putLong(identifier);
        Files.createDirectories(data.resolve("global"));
        Files.write(data.resolve("global/pg_control"), Arrays.copyOf(content.array(), bytes));
    }

    @Test
    void identifierIsTheFirstEightBytes() throws Exception {
        control(8192, 7574862340016316533L);
        assertThat(ControlFile.systemIdentifier(data)).hasValue(7574862340016316533L);
        control(8192, -2L);
        assertThat(ControlFile.systemIdentifier(data)).hasValue(-2L);
    }

    @Test
    void fileThatTellsNothingIsNoIdentifier() throws Exception {
        assertThat(ControlFile.systemIdentifier(data)).isEmpty();
        control(7, 1);
        assertThat(ControlFile.systemIdentifier(data)).isEmpty();
        control(0, 1);
        assertThat(ControlFile.systemIdentifier(data)).isEmpty();
        control(8192, 0);
        assertThat(ControlFile.systemIdentifier(data)).isEmpty();
        Files.delete(data.resolve("global/pg_control"));
        Files.createDirectory(data.resolve("global/pg_control"));
        assertThat(ControlFile.systemIdentifier(data)).isEmpty();
    }
}

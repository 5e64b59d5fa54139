// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** Writes a tar as the original does. Not thread-safe. */
final class Tar {
    static final Instant MODIFIED = Instant.parse("2026-11-01T09:00:00.250Z");

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes);

    Tar() {
        tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
        tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
    }

    Tar directory(String name) {
        return entry(new TarArchiveEntry(name + "/", true), 040700, new byte[0]);
    }

    Tar file(String name, String content) {
        return file(name, content.getBytes(StandardCharsets.UTF_8));
    }

    Tar file(String name, byte[] content) {
        return entry(new TarArchiveEntry(name, true), 0100600, content);
    }

    Tar link(String name, byte type, String to) {
        TarArchiveEntry entry = new TarArchiveEntry(name, type, true);
        entry.setLinkName(to);
        return entry(entry, 0120777, new byte[0]);
    }

    private Tar entry(TarArchiveEntry entry, int mode, byte[] content) {
        entry.setMode(mode);
        entry.setSize(content.length);
        entry.setLastModifiedTime(FileTime.from(MODIFIED));
        entry.setUserId(0);
        entry.setGroupId(0);
        try {
            tar.putArchiveEntry(entry);
            tar.write(content);
            tar.closeArchiveEntry();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    byte[] bytes() throws IOException {
        tar.finish();
        return bytes.toByteArray();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.archive;

import dev.barman.file.AtomicFile;
import dev.barman.file.LockBusyException;
import dev.barman.file.LockFile;
import dev.barman.process.OwnProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A directory on the PostgreSQL host where an archive command keeps what it knows from one run to the next. Nothing in it is needed:
 * removing it costs transfers, never WAL.
 *
 * <p>What it says lets WAL go unsent, so it has to be our own: a directory, no link, of this user and writable by nobody else.
 * Immutable.
 */
public final class StateDirectory {
    private static final String LOCK = "lock";
    /** More than a record takes. */
    private static final int PROBE_BYTES = 16 << 10;

    private static final int WRITABLE_BY_OTHERS = 022;
    private static final FileAttribute<?> MODE_0700 =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private final Path path;

    public StateDirectory(Path path) {
        this.path = path;
    }

    /**
     * The place for one server and destination unless the user names another:
     * {@code ${XDG_STATE_HOME:-$HOME/.local/state}/barman/SERVER-CKSUM}, the checksum being that of the destination.
     *
     * @param stateHome {@code XDG_STATE_HOME}; ignored unless absolute, as its specification wants
     * @param home {@code HOME}
     * @param server name of the server
     * @param destination everything that tells one archive from another
     * @return null when neither variable gives a place
     */
    public static @Nullable StateDirectory standard(
            @Nullable String stateHome, @Nullable String home, String server, String destination) {
        Path base;
        if (stateHome != null && stateHome.startsWith("/")) {
            base = Path.of(stateHome);
        } else if (home != null && home.startsWith("/")) {
            base = Path.of(home, ".local", "state");
        } else {
            return null;
        }
        StringBuilder name = new StringBuilder();
        for (int i = 0; i < server.length(); i++) {
            char c = server.charAt(i);
            boolean plain =
                    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
            name.append(plain || (c == '.' && i > 0) ? c : '_');
        }
        // It keeps places apart; the record in there names the destination in full.
        byte[] bytes = destination.getBytes(StandardCharsets.UTF_8);
        name.append('-').append(Cksum.of(bytes, bytes.length));
        return new StateDirectory(base.resolve("barman").resolve(name.toString()));
    }

    /** Where it is. */
    public Path path() {
        return path;
    }

    /**
     * Reads a file of the directory.
     *
     * @return null when there is no such file, or no directory
     * @throws IOException when the directory is not to be trusted, or the file cannot be read
     */
    public byte @Nullable [] read(String name) throws IOException {
        try {
            requireOurs();
            return Files.readAllBytes(path.resolve(name));
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /**
     * Makes sure that the directory is there and can be written to.
     *
     * @throws IOException when it cannot be made, is not to be trusted or not writable
     */
    public void prepare() throws IOException {
        try {
            requireOurs();
        } catch (NoSuchFileException e) {
            create();
            requireOurs();
        }
        if (!Files.isWritable(path)) {
            throw new IOException(path + ": not writable");
        }
        // On a full disk it is, and nothing could be recorded.
        Path probe = path.resolve("probe." + OwnProcess.pid());
        try {
            Files.write(probe, new byte[PROBE_BYTES]);
        } finally {
            Files.deleteIfExists(probe);
        }
    }

    private void create() throws IOException {
        Path parent = path.toAbsolutePath().getParent();
        if (parent != null) {
            Files.createDirectories(parent, MODE_0700);
        }
        try {
            Files.createDirectory(path, MODE_0700);
        } catch (FileAlreadyExistsException e) {
            // by another run, or it is something else, which is looked at next
        }
    }

    private void requireOurs() throws IOException {
        Map<String, Object> attributes =
                Files.readAttributes(path, "unix:uid,mode,isDirectory", LinkOption.NOFOLLOW_LINKS);
        if (!Boolean.TRUE.equals(attributes.get("isDirectory"))) {
            throw new IOException(path + ": not a directory");
        }
        if (!isOurs(attributes.get("uid"))) {
            throw new IOException(path + ": belongs to another user");
        }
        if (attributes.get("mode") instanceof Integer mode && (mode & WRITABLE_BY_OTHERS) != 0) {
            throw new IOException(path + ": other users may write to it");
        }
    }

    private boolean isOurs(@Nullable Object uid) throws IOException {
        Object own;
        try {
            own = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        } catch (IOException e) {
            // no /proc, as on macOS
            return Files.getOwner(path, LinkOption.NOFOLLOW_LINKS).getName().equals(System.getProperty("user.name"));
        }
        return own.equals(uid);
    }

    /**
     * Replaces a file of the directory as a whole, durably. Only under the {@link #lock}.
     *
     * @throws IOException when that fails; the file is what it was before
     */
    public void replace(String name, byte[] content) throws IOException {
        Path file = path.resolve(name);
        AtomicFile.removeLeftovers(file);
        AtomicFile.write(file, content, "rw-------");
    }

    /**
     * Takes the lock that writers hold.
     *
     * @param patience how long to wait for it
     * @throws LockBusyException when another run holds it for longer
     * @throws IOException when it cannot be taken at all
     */
    public LockFile lock(Duration patience) throws IOException {
        return LockFile.acquire(path.resolve(LOCK), patience);
    }
}

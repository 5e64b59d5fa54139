// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import dev.barman.file.IoReason;
import dev.barman.process.OwnProcess;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files that {@code put-wal} receives into, {@code .PID-NAME}, of processes that were killed. Nobody else removes them, and each may
 * be as large as a WAL file.
 */
final class PutWalLeftovers {
    /** Processes of another container or host that shares the directory are not to be seen; but they do not take so long. */
    private static final Duration MIN_AGE = Duration.ofHours(1);

    private static final Logger logger = LoggerFactory.getLogger("barman.server");

    private final Path incoming;
    private final Clock clock;

    PutWalLeftovers(Path incoming, Clock clock) {
        this.incoming = incoming;
        this.clock = clock;
    }

    /** How the names of the files begin that a process receives into. */
    static String prefix(long pid) {
        return "." + pid + "-";
    }

    /** Removes what no running process owns and nobody has touched for an hour. What cannot be removed is told to the log only. */
    void remove() {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(incoming)) {
            for (Path entry : entries) {
                long pid = owner(String.valueOf(entry.getFileName()));
                if (pid > 0 && isOld(entry) && !isRunning(pid)) {
                    Files.deleteIfExists(entry);
                    logger.info("Removed {}, which a put-wal process left that was killed", entry);
                }
            }
        } catch (NoSuchFileException missing) {
            // Whoever wants to write there says so.
        } catch (DirectoryIteratorException e) {
            IOException reason = e.getCause();
            warn(reason == null ? new IOException(e) : reason);
        } catch (IOException e) {
            warn(e);
        }
    }

    private void warn(IOException reason) {
        logger.warn("Cannot remove what killed put-wal processes left in {}: {}", incoming, IoReason.of(reason));
    }

    /** The process id in such a name; -1 for other names. */
    static long owner(String name) {
        if (name.isEmpty() || name.charAt(0) != '.') {
            return -1;
        }
        int at = 1;
        long pid = 0;
        while (at < name.length() && name.charAt(at) >= '0' && name.charAt(at) <= '9' && at <= 10) {
            pid = pid * 10 + (name.charAt(at) - '0');
            at++;
        }
        boolean complete = at > 1 && at + 1 < name.length() && name.charAt(at) == '-';
        return complete ? pid : -1;
    }

    private boolean isOld(Path file) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        FileTime changed;
        try {
            // Not the time of modification: put-wal sets that to the one of the WAL on the sender's side.
            changed = (FileTime) Files.getAttribute(file, "unix:ctime", LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException published) {
            return false;
        }
        Instant limit = clock.instant().minus(MIN_AGE);
        return changed.toInstant().isBefore(limit);
    }

    private static boolean isRunning(long pid) {
        return pid == OwnProcess.pid() || ProcessHandle.of(pid).isPresent();
    }
}

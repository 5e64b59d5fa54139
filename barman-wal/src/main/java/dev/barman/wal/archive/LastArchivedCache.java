// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.archive;

import dev.barman.file.IoReason;
import dev.barman.file.LockBusyException;
import dev.barman.file.LockFile;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What earlier runs of an archive command have archived, in the file {@code archived-segments} of a {@link StateDirectory}.
 *
 * <p>A wrong answer would lose WAL; a missing one costs a transfer. So a record that is damaged, or is about another cluster, segment
 * size or destination, is no record, and a segment is only known by the very file that was sent. Names of other kinds than segments
 * have no place here. Not thread-safe.
 */
public final class LastArchivedCache {
    /** Name of the file in the state directory. */
    public static final String FILE = "archived-segments";

    private final StateDirectory directory;
    private final String destination;
    private final Duration patience;
    private final Consumer<String> warnings;
    private boolean usable = true;
    private boolean damageReported;

    /**
     * @param directory where the record is kept
     * @param destination everything that tells one archive from another: how it is reached and the name of the server in it
     * @param patience how long to wait for another run that writes the record
     * @param warnings is told what keeps the record from being used
     */
    public LastArchivedCache(
            StateDirectory directory, String destination, Duration patience, Consumer<String> warnings) {
        this.directory = directory;
        this.destination = destination;
        this.patience = patience;
        this.warnings = warnings;
    }

    /** Whether this very segment, as it lies there, is archived. */
    public boolean covers(ReadySegment segment) {
        try {
            ArchivedRecord record = read();
            if (record == null) {
                return false;
            }
            if (!record.isAbout(segment, destination)) {
                warnings.accept("The record in '" + directory.path()
                        + "' is about another cluster, segment size or destination, and is not used.");
                return false;
            }
            return record.covers(segment);
        } catch (IOException e) {
            refuse(e);
            return false;
        }
    }

    private @Nullable ArchivedRecord read() throws IOException {
        byte[] content = directory.read(FILE);
        if (content == null) {
            return null;
        }
        ArchivedRecord record = ArchivedRecord.parse(content);
        if (record == null && !damageReported) {
            damageReported = true;
            warnings.accept("The record in '" + directory.path() + "' is damaged, and is not used.");
        }
        return record;
    }

    /**
     * Makes sure that a record can be kept. Without one nothing should be archived ahead: it would have to be sent again.
     *
     * @return whether it can
     */
    public boolean prepare() {
        if (usable) {
            try {
                directory.prepare();
            } catch (IOException e) {
                refuse(e);
            }
        }
        return usable;
    }

    private void refuse(IOException e) {
        usable = false;
        warnings.accept("No record of archived segments can be kept in '" + directory.path() + "' (" + IoReason.of(e)
                + "): only the requested file is sent.");
    }

    /**
     * Records segments that are durable in the archive, and this durably. When it cannot be done there is a warning, and they are
     * sent again when they are asked for.
     *
     * @param archived segments of one timeline, without a gap between them, in order; not empty
     * @return whether the record could be written
     */
    public boolean add(List<ReadySegment> archived) {
        try (LockFile lock = directory.lock(patience)) {
            ArchivedRecord old = read();
            ArchivedRecord merged = ArchivedRecord.with(old, archived, destination);
            directory.replace(FILE, merged.format());
            return true;
        } catch (LockBusyException e) {
            warnings.accept("Another run holds " + e.lockFile() + " for long; what this one archived is not recorded.");
        } catch (IOException e) {
            warnings.accept("Cannot record what is archived in '" + directory.path() + "': " + IoReason.of(e));
        }
        return false;
    }
}

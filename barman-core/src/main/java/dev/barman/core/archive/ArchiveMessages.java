// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import dev.barman.core.message.Messages;
import dev.barman.wal.archive.ArchiveProgress;
import dev.barman.wal.archive.ArchiveVetoException;
import dev.barman.wal.archive.WalBatch;
import dev.barman.wal.storage.WalToStore;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells a person about one pass of one archiver, in Barman's words. */
final class ArchiveMessages implements ArchiveProgress {
    private static final Logger logger = LoggerFactory.getLogger("barman.wal_archiver");

    private final Messages messages;
    private final String server;
    private final String source;
    private final boolean direct;
    private int total;
    private int count;

    /**
     * @param source {@code streaming} or {@code file archival}
     * @param direct whether a person runs the archiver by itself, and so wants to read about an empty pass
     */
    ArchiveMessages(Messages messages, String server, String source, boolean direct) {
        this.messages = messages;
        this.server = server;
        this.source = source;
        this.direct = direct;
    }

    void begin(WalBatch batch) {
        total = batch.items().size();
        count = 0;
        boolean empty = batch.items().isEmpty() && batch.unknown().isEmpty();
        if (direct || !empty) {
            String header = "Processing xlog segments from " + source + " for " + server;
            boolean part = total > 0 && batch.isPartOfSource();
            messages.info(part ? header + " (batch size: " + total + ")" : header);
        }
        if (total == 0) {
            logger.info("No xlog segments found from {} for {}.", source, server);
            if (direct) {
                messages.info("\tno file found");
            }
        }
    }

    @Override
    public void processing(WalToStore wal) {
        count++;
        messages.info("\t" + wal.name().text());
        logger.info(
                "Archiving segment {} of {} from {}: {}/{}",
                count,
                total,
                source,
                server,
                wal.name().text());
    }

    @Override
    public void conflict(WalToStore wal, Path keptAs) {
        messages.info("\tError: " + wal.name().text() + " is already present in server " + server
                + ". File moved to errors directory.");
        logger.warn("{} differs from the archived WAL of the same name; it is kept as {}", wal.file(), keptAs);
    }

    @Override
    public void incomplete(WalToStore wal, long expectedBytes) {
        String size = expectedBytes == 0
                ? (wal.sizeBytes() == 0 ? "is empty" : "has " + wal.sizeBytes() + " bytes, which no segment has")
                : "has " + wal.sizeBytes() + " bytes of the " + expectedBytes + " that its header announces";
        messages.warning("WAL file " + wal.file() + " of server " + server + " " + size
                + ": it is left there, since it may still be written. If it stays so, archive_command does not write to a"
                + " temporary name first, or was interrupted: replace the file by a complete copy.");
    }

    @Override
    public void foreign(WalToStore wal, String systemId, String expectedSystemId, Path keptAs) {
        String text =
                "WAL file " + wal.file() + " belongs to the PostgreSQL cluster " + systemId + ", but server " + server
                        + " archives the cluster " + expectedSystemId + ". It was moved to " + keptAs
                        + ": make sure that no other cluster ships its WAL to this server.";
        if (direct) {
            messages.error(text);
        } else {
            messages.warning(text);
        }
    }

    @Override
    public void vetoed(WalToStore wal, ArchiveVetoException veto) {
        logger.warn(
                "Archiving of {}/{} aborted by pre_archive_retry_script.Reason: {}",
                server,
                wal.name().text(),
                veto.getMessage());
    }

    @Override
    public void unknown(List<Path> entries) {
        messages.info("Some unknown objects have been found while processing xlog segments for " + server
                + ". Objects moved to errors directory:");
        for (Path entry : entries) {
            messages.info("\t" + entry.getFileName());
        }
    }
}

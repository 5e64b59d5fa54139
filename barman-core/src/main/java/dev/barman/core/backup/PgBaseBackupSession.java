// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.core.BackupException;
import dev.barman.core.BarmanException;
import dev.barman.core.PostgresException;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.PythonLiteral;
import dev.barman.core.catalog.Tablespace;
import dev.barman.core.config.BackupCompressionConfig;
import dev.barman.core.postgres.ConfigurationFiles;
import dev.barman.core.postgres.PostgresClient;
import dev.barman.core.postgres.WalPosition;
import dev.barman.core.signal.TerminationSignals;
import dev.barman.core.text.HumanDuration;
import dev.barman.core.tools.PgBaseBackupTool;
import dev.barman.core.tools.PgTool;
import dev.barman.process.Command;
import dev.barman.process.CommandResult;
import dev.barman.process.CommandRunner;
import dev.barman.process.RunningCommand;
import dev.barman.wal.Lsn;
import dev.barman.wal.TimelineId;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One backup through pg_basebackup. Not thread-safe. */
final class PgBaseBackupSession implements BackupSession {

    private static final Logger LOG = LoggerFactory.getLogger("barman.backup_executor");

    /** What the server says, through pg_basebackup, when the backup's end waits for its WAL to be archived. */
    private static final String WAITING_FOR_WAL = "waiting for required WAL segments to be archived";

    private static final Duration GRACE = Duration.ofSeconds(10);

    private static final String EXTERNAL_FILES_WARNING =
            "pg_basebackup does not copy the PostgreSQL configuration files that reside outside PGDATA."
                    + " Please manually backup the following files:";

    private final PgBaseBackup method;
    private final BackupOptions options;
    private final TerminationSignals signals;
    private boolean inRecovery;

    PgBaseBackupSession(PgBaseBackup method, BackupOptions options, TerminationSignals signals) {
        this.method = method;
        this.options = options;
        this.signals = signals;
    }

    @Override
    public BackupInfo start(BackupInfo created) throws BarmanException {
        PostgresClient client = method.client();
        inRecovery = client.isInRecovery();
        BackupInfo.Builder record = created.toBuilder();
        ServerFacts facts =
                ServerFacts.read(client, "server '" + method.server().name() + "'", record);
        OffsetDateTime now = client.now();
        WalPosition position = client.currentPosition();
        WalSegmentName segment = position.segmentOrNull();
        BackupInfo started = record.beginTime(now)
                .beginXlog(position.lsn())
                .timeline(segment == null ? null : segment.timeline())
                .beginWal(segment)
                .beginOffset(segment == null ? null : position.offsetBytes())
                .build();
        warnOfExternalFiles(facts.files(), facts.dataDirectory());
        return started;
    }

    private void warnOfExternalFiles(ConfigurationFiles files, String dataDirectory) {
        if (method.server().backup().options().contains("external_configuration")) {
            return;
        }
        List<String> outside = files.outside(dataDirectory);
        if (!outside.isEmpty()) {
            method.messages().warning(EXTERNAL_FILES_WARNING + "\n\t" + String.join("\n\t", outside));
        }
    }

    @Override
    public BackupInfo copy(BackupInfo started) throws BarmanException, IOException {
        PgTool tool = method.tools()
                .baseBackup()
                .orElseThrow(() -> new BackupException("pg_basebackup not present in $PATH"));
        Path directory = method.catalog().directory(started.id());
        Command command = PgBaseBackupTool.command(
                tool,
                new PgBaseBackupTool.Request(
                        method.dsn(),
                        directory,
                        started.tablespaces(),
                        options.bandwidthLimitKiBPerSecond(),
                        options.immediateCheckpoint(),
                        parentManifest(started.parentBackupId()),
                        method.server().backup().compression()),
                method.tools().path());
        method.messages().info("Starting backup copy via pg_basebackup for " + started.id());
        long begin = System.nanoTime();
        copyWithRetries(command, directory, started.tablespaces());
        double seconds = (System.nanoTime() - begin) / 1e9;
        method.messages().info("Copy done (time: " + HumanDuration.ofSeconds(seconds) + ")");
        Map<String, PythonLiteral> statistics = new LinkedHashMap<>();
        statistics.put("copy_time", PythonLiteral.Number.seconds(seconds));
        statistics.put("total_time", PythonLiteral.Number.seconds(seconds));
        return started.toBuilder()
                .copyStats(PythonLiteral.Dict.of(statistics))
                .compression(tarCompression())
                .build();
    }

    private @Nullable Path parentManifest(@Nullable BackupId parent) {
        return parent == null ? null : method.catalog().dataDirectory(parent).resolve("backup_manifest");
    }

    /** The algorithm of a backup in tar format, null for plain files. */
    private @Nullable String tarCompression() {
        BackupCompressionConfig compression = method.server().backup().compression();
        return compression == null || "plain".equals(compression.format()) ? null : compression.algorithm();
    }

    private void copyWithRetries(Command command, Path directory, List<Tablespace> tablespaces)
            throws BarmanException, IOException {
        for (int attempt = 0; ; attempt++) {
            signals.check();
            prepare(directory, tablespaces);
            CopyResult result = run(command);
            signals.check();
            if (result.exitCode() == 0) {
                return;
            }
            if (attempt >= options.retryTimes()) {
                throw new BackupException("data transfer failure on directory '" + directory.resolve("data")
                        + "'\npg_basebackup error:\n" + result.stderr());
            }
            method.messages().warning("Failure executing a backup using pg_basebackup (attempt " + attempt + ")");
            method.messages()
                    .warning("The files copied so far will be removed and the backup process will restart in "
                            + options.retrySleepSeconds() + " seconds");
            prepare(directory, tablespaces);
            signals.sleep(Duration.ofSeconds(options.retrySleepSeconds()));
        }
    }

    private static void prepare(Path directory, List<Tablespace> tablespaces) throws IOException {
        BackupFiles.recreatePrivate(directory.resolve("data"));
        for (Tablespace tablespace : tablespaces) {
            BackupFiles.recreatePrivate(directory.resolve(Long.toString(tablespace.oid())));
        }
    }

    private record CopyResult(int exitCode, String stderr) {}

    private CopyResult run(Command command) throws IOException {
        LOG.debug("{}", command);
        List<String> stderr = Collections.synchronizedList(new ArrayList<>());
        RunningCommand running = CommandRunner.start(command, line -> LOG.info("{}", line), line -> {
            LOG.info("{}", line);
            stderr.add(line);
            if (line.contains(WAITING_FOR_WAL)) {
                switchOnPrimary();
            }
        });
        try (TerminationSignals.Registration ignored = signals.onSignal(running::destroy)) {
            long asked = 0;
            while (true) {
                Optional<CommandResult> ended = running.await(Duration.ofSeconds(1));
                if (ended.isPresent()) {
                    return new CopyResult(ended.get().exitCode(), String.join("\n", stderr));
                }
                if (signals.received().isPresent()) {
                    asked = asked == 0 ? System.nanoTime() : asked;
                    if (System.nanoTime() - asked > GRACE.toNanos()) {
                        running.destroyForcibly();
                    }
                }
            }
        } finally {
            running.destroy();
        }
    }

    /** The backup of a standby waits until the primary ends its segment. Called on the thread that reads the output. */
    private void switchOnPrimary() {
        PostgresClient switching = inRecovery ? method.switching(true) : null;
        if (switching == null) {
            return;
        }
        try {
            switching.switchWal();
        } catch (PostgresException e) {
            LOG.warn("cannot switch WAL on the primary: {}", e.getMessage());
        }
    }

    @Override
    public BackupInfo stop(BackupInfo copied) throws BarmanException, IOException {
        method.messages().info("Finalising the backup.");
        BackupLabel label = LabelReader.read(
                        method.catalog().directory(copied.id()).resolve("data"), copied.compression())
                .flatMap(BackupLabel::parse)
                .orElseThrow(() -> new BackupException("Failure parsing backup_label for backup " + copied.id()));
        TimelineId timeline = label.startWal().timeline();
        WalSegmentSize segmentSize = copied.xlogSegmentSize();
        PostgresClient client = method.client();
        WalPosition end = client.currentPosition();
        Lsn endLsn = end.lsn();
        WalSegmentName endWal = end.segmentOrNull();
        BackupInfo stopped = copied.toBuilder()
                .backupLabel(label.text())
                .timeline(timeline)
                .beginXlog(label.startLsn())
                .beginWal(label.startWal())
                .beginOffset(label.startLsn().offset(segmentSize))
                .endTime(client.now())
                .endXlog(endLsn)
                .endWal(endWal != null ? endWal : WalSegmentName.containing(timeline, endLsn, segmentSize))
                .endOffset(endWal != null ? end.offsetBytes() : endLsn.offset(segmentSize))
                .build();
        PostgresClient switching = method.switching(inRecovery);
        if (switching != null) {
            switching.switchWal();
        }
        return stopped;
    }

    @Override
    public void close() {
        method.client().close();
    }

    /** {@code 0/9000028 (000000010000000000000009, 00000028)}, or the position alone. */
    static String describe(@Nullable Lsn lsn, @Nullable WalSegmentName segment, @Nullable Long offset) {
        return segment == null || offset == null
                ? String.valueOf(lsn)
                : lsn + " (" + segment + ", " + String.format(Locale.ROOT, "%08X", offset) + ")";
    }
}

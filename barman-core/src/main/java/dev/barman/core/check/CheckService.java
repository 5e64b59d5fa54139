// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.core.BarmanException;
import dev.barman.core.config.BackupMethodName;
import dev.barman.core.config.ServerConfig;
import dev.barman.file.IoReason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the checks of one server in their documented order, within a time limit. Stateless.
 *
 * <p>Checks change things: they create missing directories, and on a server without any archived WAL they archive what has
 * arrived and make PostgreSQL switch its WAL file.
 */
public final class CheckService {
    private static final Logger LOG = LoggerFactory.getLogger("barman.server");
    private static final String TIMEOUT_CHECK = "check timeout";
    private static final int QUEUE_SIZE = 256;

    private CheckService() {}

    /**
     * Runs all checks of a server.
     *
     * <p>When the time is up the result {@code check timeout} is the last one, and whatever hangs is left to a daemon thread; the
     * context must not be used again, and closing it is this method's task in every case.
     *
     * @param onResult is given each result as soon as it is there, by the calling thread
     * @return all results
     * @throws InterruptedException when the calling thread is interrupted
     */
    public static CheckReport run(CheckContext context, Consumer<CheckResult> onResult) throws InterruptedException {
        return run(context, checksOf(context.server()), onResult);
    }

    /**
     * Runs the checks that {@code receive-wal} makes before it starts, on the connections of WAL streaming.
     *
     * @return all results; a failed one means that the receiver cannot work
     * @throws InterruptedException when the calling thread is interrupted
     */
    public static CheckReport runBeforeStreaming(CheckContext context) throws InterruptedException {
        return run(
                context,
                List.of(
                        new PostgresCheck(),
                        new MonitoringPrivilegesCheck(WalConnection.STREAMING),
                        new StreamingConnectionCheck(WalConnection.STREAMING),
                        new WalLevelCheck(WalConnection.STREAMING),
                        new SystemIdCheck(WalConnection.STREAMING)),
                result -> {});
    }

    static CheckReport run(CheckContext context, List<Check> checks, Consumer<CheckResult> onResult)
            throws InterruptedException {
        Worker worker = new Worker(context, checks);
        Thread thread = new Thread(worker, "checks of " + context.server().name());
        thread.setDaemon(true);
        thread.start();
        List<CheckResult> results = new ArrayList<>();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(context.timeoutSeconds());
        while (true) {
            Worker.Step step = context.timeoutSeconds() == 0
                    ? worker.steps.take()
                    : worker.steps.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            CheckResult result;
            if (step == null) {
                worker.abandoned = true;
                result = CheckResult.failed(TIMEOUT_CHECK, "barman check command timed out");
            } else if (step.result() == null) {
                break;
            } else {
                result = step.result();
            }
            if (!result.passed()) {
                LOG.error(
                        "Check '{}' failed for server '{}'",
                        result.name(),
                        context.server().name());
            }
            results.add(result);
            onResult.accept(result);
            if (step == null) {
                break;
            }
        }
        return new CheckReport(context.server().name(), results);
    }

    /** The checks that apply to a server, in order. */
    static List<Check> checksOf(ServerConfig server) {
        List<Check> checks = new ArrayList<>();
        checks.add(new WalArchiveCheck());
        checks.add(new EmptyIncomingCheck());
        checks.add(new IncomingQueueCheck());
        checks.add(new EmptyStreamingCheck());
        checks.add(new StreamingQueueCheck());
        if (!server.passive()) {
            addPostgres(server, checks);
        }
        checks.add(new DirectoriesCheck());
        if (server.directories().walsUrl() != null) {
            checks.add(new WalBucketCheck());
        }
        checks.add(new RetentionPolicyCheck());
        checks.add(new BackupAgeCheck());
        checks.add(new BackupSizeCheck());
        checks.add(new EncryptionCheck());
        checks.add(new WalAgeCheck());
        checks.add(new WalSizeCheck());
        checks.add(new CompressionCheck());
        checks.add(new FailedBackupsCheck());
        checks.add(new RedundancyCheck());
        addBackupMethod(server, checks);
        checks.add(new ConfigurationCheck());
        checks.add(new SystemIdCheck(WalConnection.BACKUP));
        if (!server.passive() && server.archiving().streamingArchiver()) {
            checks.add(new ReceiveWalCheck());
        }
        if (!server.passive() && server.archiving().fileArchiver()) {
            checks.add(new ArchivingSettingsCheck());
        }
        checks.add(new ArchiverErrorsCheck());
        return checks;
    }

    private static void addPostgres(ServerConfig server, List<Check> checks) {
        checks.add(new PostgresCheck());
        checks.add(new BackupPrivilegesCheck());
        checks.add(new StreamingConnectionCheck(WalConnection.BACKUP));
        checks.add(new WalLevelCheck(WalConnection.BACKUP));
        checks.add(new StandbyCheck());
        boolean apart =
                server.connection().walConninfo() != null || server.connection().walStreamingConninfo() != null;
        if (apart) {
            checks.add(new MonitoringPrivilegesCheck(WalConnection.STREAMING));
            checks.add(new StreamingConnectionCheck(WalConnection.STREAMING));
            checks.add(new WalLevelCheck(WalConnection.STREAMING));
            checks.add(new SystemIdCheck(WalConnection.STREAMING));
        }
        checks.add(new ReplicationSlotCheck(apart ? WalConnection.STREAMING : WalConnection.BACKUP));
    }

    private static void addBackupMethod(ServerConfig server, List<Check> checks) {
        if (server.passive()) {
            checks.add(new SshCheck());
            return;
        }
        BackupMethodName method = server.backup().method();
        switch (method) {
            case POSTGRES -> checks.add(new PgBaseBackupCheck());
            case RSYNC, SNAPSHOT -> checks.add(new SshCheck());
            case LOCAL_RSYNC -> checks.add(new LocalPgdataCheck());
        }
        if (method != BackupMethodName.POSTGRES && server.backup().options().contains("exclusive_backup")) {
            checks.add(new ExclusiveBackupCheck());
        }
    }

    /** Runs the checks one after the other and hands over the results; a step without a result is the last one. */
    private static final class Worker implements Runnable {
        record Step(@Nullable CheckResult result) {}

        final BlockingQueue<Step> steps = new ArrayBlockingQueue<>(QUEUE_SIZE);
        volatile boolean abandoned;
        private final CheckContext context;
        private final List<Check> checks;

        Worker(CheckContext context, List<Check> checks) {
            this.context = context;
            this.checks = checks;
        }

        @Override
        public void run() {
            try (context) {
                for (Check check : checks) {
                    for (CheckResult result : resultsOf(check)) {
                        steps.put(new Step(result));
                    }
                    if (abandoned) {
                        return;
                    }
                }
                steps.put(new Step(null));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        /** A check that cannot be carried out is a failed check: there is no other way to be sure that somebody looks. */
        private List<CheckResult> resultsOf(Check check) throws InterruptedException {
            try {
                return check.run(context);
            } catch (BarmanException | IOException e) {
                return List.of(CheckResult.failed(check.name(), text(e)));
            } catch (RuntimeException e) {
                LOG.error("Unexpected failure of the check '{}'", check.name(), e);
                return List.of(CheckResult.failed(check.name(), text(e)));
            }
        }

        private static String text(Exception e) {
            String message = e instanceof IOException failure ? IoReason.of(failure) : e.getMessage();
            return message == null ? e.getClass().getSimpleName() : message;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.core.BarmanException;
import dev.barman.core.PostgresException;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.catalog.Backups;
import dev.barman.core.postgres.PostgresClient;
import dev.barman.file.LockBusyException;
import java.io.IOException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether any WAL file has ever been archived. Says nothing when one has; else archives what has arrived, and as a last resort
 * makes PostgreSQL switch its WAL file and waits a third of the time limit. Barman waits for ever when the limit is below three
 * seconds or off; this one never waits longer than that third, or ten seconds without a limit. */
final class WalArchiveCheck implements Check {
    private static final Logger LOG = LoggerFactory.getLogger("barman.server");
    private static final int DEFAULT_WAIT_SECONDS = 10;
    private static final long POLL_MILLIS = 200;

    @Override
    public String name() {
        return "WAL archive";
    }

    @Override
    public List<CheckResult> run(CheckContext context) throws BarmanException, IOException, InterruptedException {
        if (!context.walArchiveIsEmpty() || isWaiting(context.backups())) {
            return List.of();
        }
        if (!context.server().disabled() && context.directoryProblem().isEmpty()) {
            archive(context);
            if (context.walArchiveIsEmpty() && !context.server().passive()) {
                waitForWal(context);
            }
        }
        return context.walArchiveIsEmpty()
                ? List.of(CheckResult.failed(name(), "please make sure WAL shipping is setup"))
                : List.of();
    }

    private static boolean isWaiting(Backups backups) {
        return !backups.with(status -> status == BackupStatus.WAITING_FOR_WALS).isEmpty();
    }

    /** Another process may be archiving at the moment; what it stores counts as well. */
    private static void archive(CheckContext context) throws BarmanException, IOException {
        try {
            context.pendingWals().archive();
        } catch (LockBusyException e) {
            LOG.info(
                    "Another archive-wal process is already running on server {}",
                    context.server().name());
        }
    }

    private static void waitForWal(CheckContext context) throws BarmanException, IOException, InterruptedException {
        PostgresClient client = context.inspection().client().orElse(null);
        if (!context.server().active()
                || client == null
                || context.inspection().status().isEmpty()) {
            return;
        }
        try {
            client.switchWal();
        } catch (PostgresException e) {
            LOG.warn(
                    "Unable to perform a WAL switch on server {}: {}",
                    context.server().name(),
                    e.getMessage());
            return;
        }
        int seconds = context.timeoutSeconds() == 0 ? DEFAULT_WAIT_SECONDS : Math.max(1, context.timeoutSeconds() / 3);
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        while (context.walArchiveIsEmpty() && System.nanoTime() - end < 0) {
            Thread.sleep(POLL_MILLIS);
            archive(context);
        }
    }
}

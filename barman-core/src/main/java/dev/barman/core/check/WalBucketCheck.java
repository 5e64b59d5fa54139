// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.core.BarmanException;
import dev.barman.core.archive.ServerWalArchive;
import dev.barman.wal.storage.WalStorage;
import java.io.IOException;
import java.util.List;

/**
 * Whether the bucket with the WAL archive answers, and keeps WAL for this server's backups only. Made only for a server that has its archive there.
 *
 * <p>An archive that serves others too is a failure that does not stop backups: nothing is lost by one more of them.
 */
final class WalBucketCheck implements Check {
    @Override
    public String name() {
        return "WAL bucket";
    }

    @Override
    public List<CheckResult> run(CheckContext context) throws BarmanException, IOException {
        if (context.server().disabled()) {
            return List.of();
        }
        WalStorage archive = ServerWalArchive.readable(context.server());
        archive.probe();
        return List.of(archive.sharedWith()
                .map(others -> CheckResult.advisory(
                        name(),
                        others + ", so WAL files are no longer removed from " + archive.location()
                                + ": move one of the two to another URL or server name"))
                .orElseGet(() -> CheckResult.ok(name())));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.core.BarmanException;
import dev.barman.core.archive.ServerWalArchive;
import java.io.IOException;
import java.util.List;

/** Whether the bucket with the WAL archive answers. Made only for a server that has its archive there. */
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
        ServerWalArchive.readable(context.server()).probe();
        return List.of(CheckResult.ok(name()));
    }
}

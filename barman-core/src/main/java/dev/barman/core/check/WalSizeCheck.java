// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.core.BarmanException;
import dev.barman.core.catalog.BackupWalInfo;
import dev.barman.core.text.HumanSize;
import java.io.IOException;
import java.util.List;

/** The size of the WAL files behind the latest backup; always passes. */
final class WalSizeCheck implements Check {
    @Override
    public String name() {
        return "wal size";
    }

    @Override
    public List<CheckResult> run(CheckContext context) throws BarmanException, IOException {
        long size = context.latestWals().map(BackupWalInfo::untilNextSizeBytes).orElse(0L);
        return List.of(CheckResult.ok(name(), HumanSize.format(size)).measuring(size));
    }
}

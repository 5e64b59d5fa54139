// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.core.tools.PgTool;
import dev.barman.file.LockFile;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Whether {@code pg_receivewal} is there, fits the server, and runs. The names are those of before PostgreSQL 10. */
final class ReceiveWalCheck implements Check {
    @Override
    public String name() {
        return "pg_receivexlog";
    }

    @Override
    public List<CheckResult> run(CheckContext context) throws IOException {
        Optional<PgTool> tool = context.walInspection().receiveWal();
        boolean running = LockFile.probe(context.server().directories().lockFile("receive-wal"))
                .isPresent();
        return List.of(
                CheckResult.of(name(), tool.isPresent(), ""),
                ToolCompatibility.of(name(), tool, context.walInspection().status()),
                CheckResult.of(
                        "receive-wal running", running, running ? "" : "See the Barman log file for more details"));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.tools;

import dev.barman.core.postgres.ConnInfo;
import dev.barman.process.Command;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The words {@code pg_receivewal} is called with. Stateless. */
public final class PgReceiveWal {

    private PgReceiveWal() {}

    /**
     * One run of the receiver.
     *
     * @param dsn where to connect
     * @param directory where to write
     * @param slot the replication slot, or null
     * @param synchronous whether to flush at once what is received, and report it
     */
    public record Request(
            ConnInfo.ToolDsn dsn, Path directory, @Nullable String slot, boolean synchronous) {}

    /**
     * The command. It ends when the connection does, and asks for no password.
     *
     * @param path the {@code PATH} it gets
     */
    public static Command command(PgTool tool, Request request, String path) {
        List<String> argv = new ArrayList<>();
        argv.add(tool.path().toString());
        argv.add("--dbname=" + request.dsn().dsn());
        argv.add("--verbose");
        argv.add("--no-loop");
        argv.add("--no-password");
        argv.add("--directory=" + request.directory());
        if (request.slot() != null) {
            argv.add("--slot=" + request.slot());
        }
        if (request.synchronous()) {
            argv.add("--synchronous");
        }
        return Command.of(argv)
                .withEnvironment(request.dsn().environment())
                .withEnvironment("PATH", path)
                .withEnvironment("LC_ALL", "C");
    }
}

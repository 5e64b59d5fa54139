// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.frame;

import dev.barman.core.BarmanException;
import dev.barman.core.config.ServerConfig;
import java.io.IOException;

/** What a command does for one server. */
@FunctionalInterface
public interface ServerAction {
    /** Works on one server; a {@link BarmanException} becomes an error message, and the next server follows. */
    void run(ServerConfig server) throws BarmanException, IOException, InterruptedException;
}

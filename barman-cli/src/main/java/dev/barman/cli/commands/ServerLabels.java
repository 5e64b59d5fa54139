// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import dev.barman.core.config.ServerConfig;

/** What is said of a server behind its name. */
final class ServerLabels {
    private ServerLabels() {}

    /** {@code " (inactive)"}, else {@code " (WARNING: disabled)"}, else nothing. */
    static String suffix(ServerConfig server) {
        if (!server.active()) {
            return " (inactive)";
        }
        return server.disabled() ? " (WARNING: disabled)" : "";
    }
}

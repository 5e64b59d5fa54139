// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.cron;

import java.io.IOException;

/** Starts further runs of this program that outlive the present one. */
@FunctionalInterface
public interface BackgroundCommands {
    /**
     * Starts a subcommand, quietly, with the configuration of the present run, and does not wait for it.
     *
     * @param words the subcommand and its arguments
     * @throws IOException when it cannot be started
     */
    void start(String... words) throws IOException;
}

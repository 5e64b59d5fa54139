// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.args;

import java.util.List;

/**
 * One positional argument of a command. Immutable.
 *
 * @param name as it appears in messages and help, e.g. {@code server_name}
 * @param description one line for the help text
 * @param repeated takes one or more words; only the last positional may
 * @param required must be given
 */
public record Positional(String name, String description, boolean repeated, boolean required) {
    /** One or more servers. */
    public static final Positional SERVERS =
            new Positional("server_name", "one or more configured servers, or 'all'", true, true);

    /** Exactly one server. */
    public static final Positional SERVER = new Positional("server_name", "a configured server", false, true);

    /** A backup ID, shortcut or name. */
    public static final Positional BACKUP = new Positional(
            "backup_id", "a backup ID, a backup name, or one of latest, oldest, last-failed, latest-full", false, true);

    /** No positional arguments. */
    public static final List<Positional> NONE = List.of();

    /** A required positional argument that takes one word. */
    public static Positional required(String name, String description) {
        return new Positional(name, description, false, true);
    }

    /** A positional argument that may be left out. */
    public static Positional optional(String name, String description) {
        return new Positional(name, description, false, false);
    }
}

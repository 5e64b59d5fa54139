// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The surroundings libpq takes defaults from.
 *
 * @param variables the environment variables ({@code PGHOST} and so on)
 * @param home the home directory with {@code .pgpass}, {@code .pg_service.conf} and {@code .postgresql}
 * @param user name of the operating system user, the default of {@code user}
 * @param socketDirectories directories of Unix sockets to try when no host is given, best first
 * @param systemDirectories directories of the system-wide {@code pg_service.conf}, best first; {@code PGSYSCONFDIR} goes
 *     before them
 */
public record PostgresEnvironment(
        Map<String, String> variables,
        Path home,
        String user,
        List<Path> socketDirectories,
        List<Path> systemDirectories) {

    public PostgresEnvironment {
        variables = Map.copyOf(variables);
        socketDirectories = List.copyOf(socketDirectories);
        systemDirectories = List.copyOf(systemDirectories);
    }

    /**
     * The environment of this process. {@code HOME} goes before the JVM's idea of the home directory, because a process
     * that changed its user sets it.
     */
    public static PostgresEnvironment ofProcess() {
        Map<String, String> variables = System.getenv();
        String home = variables.get("HOME");
        return new PostgresEnvironment(
                variables,
                Path.of(home == null || home.isEmpty() ? System.getProperty("user.home", "/") : home),
                System.getProperty("user.name", ""),
                List.of(Path.of("/var/run/postgresql"), Path.of("/tmp")),
                // Debian's and Red Hat's libpq, then a self-built one.
                List.of(
                        Path.of("/etc/postgresql-common"),
                        Path.of("/etc/sysconfig/pgsql"),
                        Path.of("/usr/local/pgsql/etc")));
    }

    /** The value of a variable, null when unset or empty (libpq treats both the same for files). */
    @Nullable
    String variable(String name) {
        String value = variables.get(name);
        return value == null || value.isEmpty() ? null : value;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import dev.barman.file.IoReason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Connection service files (PostgreSQL documentation, "The Connection Service File"). */
final class ServiceFiles {

    private ServiceFiles() {}

    /**
     * Resolves {@code service} (or {@code PGSERVICE}): adds the parameters of the service that are not given yet and removes
     * the {@code service} and {@code servicefile} parameters. Does nothing without a service.
     *
     * @throws IllegalArgumentException if the service or the file named for it does not exist, or a line is malformed
     */
    static void expand(Map<String, String> parameters, PostgresEnvironment environment) {
        String file = parameters.remove("servicefile");
        String service = parameters.remove("service");
        if (service == null || service.isEmpty()) {
            service = environment.variable("PGSERVICE");
        }
        if (service == null) {
            return;
        }
        if (file == null || file.isEmpty()) {
            file = environment.variable("PGSERVICEFILE");
        }
        Path personal = file != null ? Path.of(file) : environment.home().resolve(".pg_service.conf");
        if (addFrom(personal, service, parameters, file != null)) {
            return;
        }
        String systemDirectory = environment.variable("PGSYSCONFDIR");
        if (systemDirectory != null) {
            if (addFrom(Path.of(systemDirectory).resolve("pg_service.conf"), service, parameters, false)) {
                return;
            }
        } else {
            for (Path directory : environment.systemDirectories()) {
                if (addFrom(directory.resolve("pg_service.conf"), service, parameters, false)) {
                    return;
                }
            }
        }
        throw new IllegalArgumentException("definition of service \"" + service + "\" not found");
    }

    private static boolean addFrom(Path file, String service, Map<String, String> parameters, boolean required) {
        List<String> lines;
        try {
            if (!required && !Files.exists(file)) {
                return false;
            }
            lines = Files.readAllLines(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "service file \"" + file + "\" cannot be read: " + IoReason.of(e, file), e);
        }
        boolean inside = false;
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.isEmpty() || line.charAt(0) == '#') {
                continue;
            }
            if (line.charAt(0) == '[') {
                if (inside) {
                    return true;
                }
                inside = line.equals("[" + service + "]");
            } else if (inside) {
                int equals = line.indexOf('=');
                String keyword = equals < 0 ? "" : line.substring(0, equals);
                if (keyword.isEmpty() || keyword.equals("service") || line.startsWith("ldap")) {
                    throw new IllegalArgumentException(
                            "unsupported line " + (i + 1) + " in service file \"" + file + "\"");
                }
                parameters.putIfAbsent(keyword, line.substring(equals + 1));
            }
        }
        return inside;
    }
}

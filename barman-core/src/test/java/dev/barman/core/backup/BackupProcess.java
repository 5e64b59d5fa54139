// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.core.postgres.ConnInfo;
import dev.barman.core.postgres.JdbcPostgresClient;
import dev.barman.core.postgres.PostgresEnvironment;
import dev.barman.core.tools.PgTools;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;

/** A backup in a process of its own, so that it can be killed. */
final class BackupProcess {

    private BackupProcess() {}

    /** Starts a process that backs the server of a fixture up; its messages go to {@code process.out} in the home. */
    static Process start(BackupFixture fixture, String conninfo, String... options) throws IOException {
        List<String> command = new java.util.ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                BackupProcess.class.getName(),
                fixture.home.toString(),
                conninfo));
        command.addAll(Arrays.asList(options));
        File out = fixture.home.resolve("process.out").toFile();
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(out)
                .start();
    }

    /** Arguments: the home, the connection string, lines of the configuration. Exits as the command does. */
    public static void main(String[] args) throws Exception {
        String[] options = Arrays.copyOfRange(args, 2, args.length);
        BackupFixture fixture = new BackupFixture(Path.of(args[0]), options);
        fixture.clock = Clock.systemDefaultZone();
        BackupOutcome outcome;
        try (JdbcPostgresClient client =
                new JdbcPostgresClient(ConnInfo.parse(args[1]), PostgresEnvironment.ofProcess())) {
            outcome = fixture.service(
                            client,
                            new PgBaseBackup(
                                    fixture.server,
                                    fixture.catalog,
                                    client,
                                    null,
                                    PgTools.of(null),
                                    PostgresEnvironment.ofProcess(),
                                    fixture.messages))
                    .backup(BackupOptions.of(fixture.server));
        } finally {
            fixture.messages.visible().forEach(System.out::println);
        }
        System.exit(
                fixture.messages.visible().stream().anyMatch(line -> line.startsWith("ERROR: "))
                                || outcome.interrupted()
                        ? 1
                        : 0);
    }
}

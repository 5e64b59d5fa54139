// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.args.ProgramVersion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
    private static final String USER = System.getProperty("user.name");

    @TempDir
    Path home;

    private Path config;

    @BeforeEach
    void writeConfiguration() throws Exception {
        config = home.resolve("barman.conf");
        configure("""
                [main]
                description = Main database
                conninfo = host=/nonexistent
                backup_method = postgres
                streaming_archiver = off
                archiver = on

                [asleep]
                description = Decommissioned
                conninfo = host=/nonexistent
                backup_method = postgres
                archiver = on
                active = false

                [broken]
                conninfo = host=/nonexistent
                archiver = on

                [copy]
                description = Second node
                primary_ssh_command = ssh primary
                """);
    }

    private void configure(String servers) throws Exception {
        configure("barman_user = " + USER + "\nbarman_home = " + home, servers);
    }

    private void configure(String global, String servers) throws Exception {
        Files.writeString(config, "[barman]\nlog_file = " + home + "/barman.log\n" + global + "\n" + servers);
    }

    private BarmanRun barman(String... args) {
        return BarmanRun.of(Map.of("BARMAN_CONFIG_FILE", config.toString()), args);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-v", "--version"})
    void versionIsOneLineThatBeginsWithTheVersion(String option) {
        BarmanRun run = BarmanRun.of(option, "whatever");
        assertThat(run.code()).isZero();
        assertThat(run.out()).isEqualTo(ProgramVersion.VERSION + " Barman for Java (compatible with Barman 3.17)\n");
        assertThat(run.err()).isEmpty();
    }

    @Test
    void helpNeedsNoConfigurationButNoCommandDoes() {
        assertThat(BarmanRun.of("-h").out()).contains("list-servers (list-server)", "switch-wal (switch-xlog)");
        assertThat(BarmanRun.of("restore", "--help").code()).isZero();
        BarmanRun missing = BarmanRun.of(Map.of("BARMAN_CONFIG_FILE", "/nonexistent/barman.conf"));
        assertThat(missing)
                .isEqualTo(new BarmanRun(1, "", "Configuration file '/nonexistent/barman.conf' does not exist\n"));
        assertThat(barman().out()).isEqualTo(BarmanRun.of("-h").out());
        assertThat(barman("help").code()).isZero();
        assertThat(barman("-f", "json", "help").out()).endsWith("\n{}");
    }

    @Test
    void everyCommandHasAClassAHelpTextAndADescription() {
        for (String name : Catalog.NAMES) {
            BarmanRun run = BarmanRun.of(name, "-h");
            assertThat(run.code()).as(name).isZero();
            assertThat(run.out()).as(name).startsWith("usage: barman " + name + " [-h]");
            assertThat(run.err()).as(name).isEmpty();
        }
    }

    @Test
    void aliasesMeanTheirCommandAndNamesCannotBeAbbreviated() {
        assertThat(Catalog.canonical("recover")).isEqualTo("restore");
        assertThat(Catalog.canonical("switch-xlog")).isEqualTo("switch-wal");
        assertThat(Catalog.canonical("list")).isNull();
        BarmanRun usage = BarmanRun.of("recover");
        assertThat(usage.code()).isEqualTo(2);
        assertThat(usage.err()).contains("\nbarman restore: error: the following arguments are required: server_name");
    }

    @Test
    void usageErrorsGoToStandardErrorWithCode2EvenForJson() {
        BarmanRun unknown = BarmanRun.of("-f", "json", "frobnicate");
        assertThat(unknown.code()).isEqualTo(2);
        assertThat(unknown.out()).isEmpty();
        assertThat(unknown.err()).startsWith("usage: barman ").contains("barman: error: ", "'frobnicate'");
        BarmanRun misplaced = BarmanRun.of("list-servers", "-q");
        assertThat(misplaced.code()).isEqualTo(2);
        assertThat(misplaced.err()).endsWith("barman: error: unrecognized arguments: -q\n");
        BarmanRun missing = BarmanRun.of("show-backup", "main");
        assertThat(missing.err())
                .endsWith("barman show-backup: error: the following arguments are required: backup_id\n");
    }

    @Test
    void optionOfTheCommandLineGoesBeforeTheEnvironment() {
        assertThat(barman("-c", "/nonexistent/other.conf", "list-servers"))
                .isEqualTo(new BarmanRun(1, "", "Configuration file '/nonexistent/other.conf' does not exist\n"));
    }

    @Test
    void otherUserIsRefusedAndAnUnknownOneNamed() throws Exception {
        configure("barman_user = nobody\nbarman_home = " + home, "");
        assertThat(barman("list-servers"))
                .isEqualTo(new BarmanRun(1, "", "ERROR: please run barman as 'nobody' user\n"));
        configure("barman_user = nosuchuser\nbarman_home = " + home, "");
        assertThat(barman("-f", "json", "list-servers"))
                .isEqualTo(new BarmanRun(1, "", "ERROR: the configured user 'nosuchuser' does not exists\n"));
    }

    @Test
    void launcherIsToldTheUserOnlyWhenASwitchIsNeededAndPossible() throws Exception {
        Map<String, String> environment = Map.of("BARMAN_CONFIG_FILE", config.toString());
        configure("barman_user = nobody\nbarman_home = " + home, "");
        assertThat(RunAs.switchTo(List.of("list-servers"), environment)).isEqualTo("nobody");
        assertThat(RunAs.switchTo(List.of("--version"), environment)).isNull();
        assertThat(RunAs.switchTo(List.of("--nonsense"), environment)).isNull();
        assertThat(RunAs.switchTo(List.of("-c", "/nonexistent", "list-servers"), environment))
                .isNull();
        configure("barman_user = root\nbarman_home = " + home, "");
        assertThat(RunAs.switchTo(List.of("list-servers"), environment)).isNull();
        configure("barman_user = nosuchuser\nbarman_home = " + home, "");
        assertThat(RunAs.switchTo(List.of("list-servers"), environment)).isNull();
    }

    @Test
    void missingHomeAndUnreadableTextAreFatalInPlainTextEvenForJson() throws Exception {
        configure("barman_user = " + USER, "[main]\n");
        assertThat(barman("list-servers"))
                .isEqualTo(new BarmanRun(
                        1,
                        "",
                        "ERROR: Parameter \"barman_home\" is required in [barman] section.\n"
                                + "Your configuration is missing required parameters. Exiting.\n"));
        assertThat(barman("-f", "json", "list-servers"))
                .isEqualTo(new BarmanRun(1, "", "Your configuration is missing required parameters. Exiting.\n"));
        configure("barman_user = " + USER + "\nthis is not an option", "");
        BarmanRun unparsable = barman("-f", "json", "list-servers");
        assertThat(unparsable.code()).isEqualTo(1);
        assertThat(unparsable.out()).isEmpty();
        assertThat(unparsable.err())
                .startsWith("EXCEPTION: Source contains parsing errors: '" + config + "'\n")
                .endsWith("See log file for more details.\n");
    }

    @Test
    void reservedServerNameIsFatal() throws Exception {
        configure("[all]\nconninfo = host=x\n");
        assertThat(barman("list-servers"))
                .isEqualTo(new BarmanRun(
                        1, "", "FATAL: the reserved word 'all' is not allowed as server name.Please rename it.\n"));
    }

    @Test
    void serversAreListedSortedWithTheirState() {
        assertThat(barman("list-servers").out()).isEqualTo("""
                        asleep - Decommissioned (inactive)
                        broken -  (WARNING: disabled)
                        copy - Second node (Passive)
                        main - Main database
                        """);
        assertThat(barman("list-server", "--min").out()).isEqualTo("asleep\nbroken\ncopy\nmain\n");
        assertThat(barman("-f", "json", "list-servers").out())
                .isEqualTo("{\"asleep\": {\"description\": \"Decommissioned (inactive)\"}, \"broken\":"
                        + " {\"description\": \" (WARNING: disabled)\"}, \"copy\": {\"description\": \"Second node"
                        + " (Passive)\"}, \"main\": {\"description\": \"Main database\"}}");
        assertThat(barman("-q", "list-servers").out()).isEmpty();
    }

    @Test
    void serversThatShareADirectoryStopEveryCommandThatLooksAtServers() throws Exception {
        configure("[one]\nconninfo = host=x\nbackup_method = postgres\narchiver = on\nbackup_directory = " + home
                + "/shared\n[two]\nconninfo = host=x\nbackup_method = postgres\narchiver = on\nbackup_directory = "
                + home
                + "/shared\n");
        for (String[] command :
                new String[][] {{"list-servers"}, {"status", "one"}, {"show-backup", "one", "latest"}, {"cron"}}) {
            BarmanRun run = barman(command);
            assertThat(run.code()).isEqualTo(1);
            assertThat(run.out()).isEmpty();
            assertThat(run.err())
                    .startsWith("ERROR: Conflicting path: backup_directory=" + home
                            + "/shared for server 'two' conflicts with 'backup_directory' for server 'one'\n");
        }
        assertThat(barman("check", "--nagios", "all"))
                .isEqualTo(new BarmanRun(2, "BARMAN CRITICAL - Global configuration errors\n", ""));
    }

    @Test
    void homeThatIsNotMountedIsAnErrorAndNothingIsMadeInItsPlace() throws Exception {
        Path missing = home.resolve("not-mounted");
        String text = Files.readString(config).replaceAll("(?m)^barman_home.*$", "barman_home = " + missing);
        Files.writeString(config, text);
        for (String command : new String[] {"list-backups", "check", "archive-wal", "put-wal"}) {
            BarmanRun run = barman(command, "main");
            assertThat(run.code()).as(command).isEqualTo(1);
            assertThat(run.err()).contains("ERROR: barman_home " + missing + " is not a directory");
            assertThat(missing).doesNotExist();
        }
    }

    @Test
    void serversAreProcessedSortedOnceEachAndAnUnknownOneDoesNotStopTheOthers() {
        BarmanRun run = barman("status", "nope", "main", "main", "asleep");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).isEqualTo("ERROR: Unknown server 'nope'\n");
        assertThat(run.out().lines().filter(line -> line.startsWith("Server ")))
                .containsExactly("Server asleep:", "Server main:");
    }

    @Test
    void allWithOtherNamesIsAnErrorAndStillMeansAll() {
        BarmanRun run = barman("status", "all", "main");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).isEqualTo("ERROR: You cannot use 'all' with other server names\n");
        assertThat(run.out().lines().filter(line -> line.startsWith("Server "))).hasSize(4);
        assertThat(barman("show-backup", "all", "latest"))
                .isEqualTo(new BarmanRun(1, "", "ERROR: You cannot use 'all' in a single server context\n"));
    }

    @Test
    void inactiveAndDisabledServersAreTreatedAsEachCommandNeeds() {
        assertThat(barman("archive-wal", "asleep"))
                .isEqualTo(new BarmanRun(0, "Skipping inactive server 'asleep'\n", ""));
        assertThat(barman("archive-wal", "broken"))
                .isEqualTo(new BarmanRun(
                        1, "", "ERROR: Missing or invalid ssh_command in barman configuration for server broken\n"));
        assertThat(barman("put-wal", "asleep")).isEqualTo(new BarmanRun(1, "", "ERROR: Inactive server: asleep\n"));
        assertThat(barman("get-wal", "broken", "000000010000000000000001").code())
                .isEqualTo(1);
        assertThat(barman("list-backups", "broken", "asleep").code()).isZero();
    }

    @Test
    void checkOfAnInactiveServerDoesNotDecideTheExitCode() {
        BarmanRun asleep = barman("check", "asleep");
        assertThat(asleep.code()).isZero();
        assertThat(asleep.out()).startsWith("Server asleep (inactive):\n").contains("\tPostgreSQL: FAILED\n");
        BarmanRun broken = barman("check", "broken");
        assertThat(broken.code()).isEqualTo(1);
        assertThat(broken.out())
                .startsWith("Server broken (WARNING: disabled):\n")
                .contains(
                        "\tconfiguration: FAILED\n\t\tMissing or invalid ssh_command in barman configuration for server"
                                + " broken\n");
    }

    @Test
    void checkAsJsonHasMangledNames() {
        assertThat(barman("-f", "json", "check", "asleep").out())
                .contains(
                        "\"minimum_redundancy_requirements\": {\"hint\": \"have 0 non-incremental backups, expected at"
                                + " least 0\", \"status\": \"OK\"}");
        assertThat(barman("-f", "json", "check", "--nagios", "asleep").out())
                .isEqualTo("{}BARMAN OK - No server configured * IGNORING: asleep\n");
    }

    @Test
    void statusOfAServerWithoutPostgresSaysSoAndGoesOn() {
        assertThat(barman("status", "main")).isEqualTo(new BarmanRun(0, """
                        Server main:
                        \tDescription: Main database
                        \tActive: True
                        \tDisabled: False
                        \tActive configuration model: None
                        \tPostgreSQL version: FAILED trying to get PostgreSQL version
                        \tPassive node: False
                        \tRetention policies: not enforced
                        \tNo. of available backups: 0
                        \tFirst available backup: None
                        \tLast available backup: None
                        \tMinimum redundancy requirements: satisfied (0/0)
                        """, ""));
        assertThat(barman("status", "copy").out())
                .doesNotContain("PostgreSQL")
                .contains("\tPassive node: True\n", "\tSSH command to primary server: ssh primary\n");
    }

    @Test
    void showServersShowsOptionsAndWhatIsKnownSorted() {
        BarmanRun run = barman("show-server", "main");
        List<String> keys = run.out()
                .lines()
                .skip(1)
                .map(line -> line.substring(1, line.indexOf(':')))
                .toList();
        assertThat(run.out()).startsWith("Server main:\n\tactive: True\n\tactive_model: None\n");
        assertThat(keys)
                .isSorted()
                .contains("archive_command", "connection_error", "pg_basebackup_installed", "xlogdb_directory")
                .doesNotContain("archived_count", "pg_receivexlog_installed");
        assertThat(barman("show-servers", "broken").out()).startsWith("Server broken (WARNING: disabled):\n");
        assertThat(barman("show-servers", "copy").out()).doesNotContain("is_in_recovery");
    }

    @Test
    void messagesAlsoGoToTheLog() throws Exception {
        barman("status", "nope");
        assertThat(Files.readString(home.resolve("barman.log"))).contains(" ERROR: Unknown server 'nope'");
    }
}

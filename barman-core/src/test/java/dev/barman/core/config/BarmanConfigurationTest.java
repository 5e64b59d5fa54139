// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import static dev.barman.core.config.ConfigFixture.shown;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.core.ConfigException;
import dev.barman.core.ConfigException.Style;
import dev.barman.core.message.RecordingMessages;
import dev.barman.core.retention.RetentionPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BarmanConfigurationTest {
    @TempDir
    Path directory;

    ConfigFixture fixture;

    @BeforeEach
    void createFixture() throws IOException {
        fixture = new ConfigFixture(directory);
    }

    private static void assertStops(ThrowingCallable call, Style style, String message) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ConfigException.class, e -> assertThat(e.style()).isEqualTo(style))
                .hasMessage(message);
    }

    // files

    @Test
    void theMainFileIsTheOneGivenElseTheOneInTheEnvironmentElseADefault() throws Exception {
        Path file = Files.writeString(directory.resolve("my.conf"), "[barman]\n");
        assertThat(MainConfigFile.locate(file.toString(), Map.of("BARMAN_CONFIG_FILE", "/other")))
                .isEqualTo(file.toString());
        assertThat(MainConfigFile.locate(null, Map.of("BARMAN_CONFIG_FILE", file.toString())))
                .isEqualTo(file.toString());
        assertStops(
                () -> MainConfigFile.locate("~/x.conf", Map.of()),
                Style.BARE,
                "Configuration file '~/x.conf' does not exist");
        Path home = Files.writeString(directory.resolve(".barman.conf"), "[barman]\n");
        assertThat(MainConfigFile.locate(null, Map.of("BARMAN_CONFIG_FILE", "", "HOME", directory.toString())))
                .isEqualTo(home.toString());
    }

    @Test
    void aMainFileWithoutGlobalSectionIsRefused() throws Exception {
        Path file = Files.writeString(directory.resolve("x.conf"), "[main]\n");
        assertStops(() -> MainConfigFile.open(file.toString()), Style.EXCEPTION, "No section: 'barman'");
        assertStops(
                () -> MainConfigFile.open(directory.toString()),
                Style.EXCEPTION,
                "No section: 'barman'\n'" + directory + "' is no file that this user can read");
    }

    @Test
    void globalOptionsHaveDefaults() throws Exception {
        GlobalConfig global = fixture.main().load().global();
        assertThat(global)
                .isEqualTo(new GlobalConfig(
                        fixture.root + "/barman.conf",
                        fixture.home,
                        "barman",
                        fixture.home,
                        fixture.home.resolve("cfg_changes.queue"),
                        fixture.root.resolve("conf.d"),
                        true,
                        null,
                        "INFO",
                        null));
    }

    @Test
    void globalOptionsAreRead() throws Exception {
        fixture.main(
                "barman_user = \"bob\"",
                "barman_lock_directory = /l",
                "config_changes_queue = %(barman_home)s/q",
                "lock_directory_cleanup = off",
                "log_file = /x.log",
                "log_level = debug",
                "log_format = %%%%(message)s");
        GlobalConfig global = fixture.load().global();
        assertThat(global.barmanUser()).isEqualTo("bob");
        assertThat(global.lockDirectory()).isEqualTo(Path.of("/l"));
        assertThat(global.configChangesQueue()).isEqualTo(fixture.home.resolve("q"));
        assertThat(global.lockDirectoryCleanup()).isFalse();
        assertThat(global.logFile()).isEqualTo(Path.of("/x.log"));
        assertThat(global.logLevel()).isEqualTo("debug");
        assertThat(global.logFormat()).isEqualTo("%(message)s");
        assertThat(fixture.messages.lines())
                .containsExactly("WARNING: Invalid configuration option \"log_format\" in [barman] section.");
    }

    @Test
    void anInvalidLockDirectoryCleanupStopsEveryCommand() throws Exception {
        fixture.main("lock_directory_cleanup = maybe");
        assertStops(fixture::load, Style.EXCEPTION, ValueParser.BOOLEAN_REASON);
    }

    @Test
    void aMissingHomeIsReported() throws Exception {
        Files.writeString(fixture.root.resolve("barman.conf"), "[barman]\nbarman_user = barman\n");
        assertStops(fixture::load, Style.BARE, "Your configuration is missing required parameters. Exiting.");
        assertThat(fixture.messages.lines())
                .containsExactly("ERROR: Parameter \"barman_home\" is required in [barman] section.");
    }

    @Test
    void includesAreReadInTheOrderOfTheirNamesAndTheAutomaticFileLast() throws Exception {
        fixture.main("[s]", "description = main", "cluster = main")
                .include("9.conf", "[s]", "description = nine", "slot_name = nine")
                .include("20.conf", "[s]", "description = twenty")
                .include("10.conf", "[s]", "description = ten", "path_prefix = ten")
                .include(".hidden.conf", "[s]", "description = hidden")
                .include("not.txt", "[s]", "description = text");
        Files.createDirectory(fixture.root.resolve("conf.d/dir.conf"));
        Files.createSymbolicLink(fixture.root.resolve("conf.d/dangling.conf"), Path.of("/nowhere"));
        assertThat(fixture.server("s").description()).isEqualTo("nine");
        Files.writeString(fixture.home.resolve(".barman.auto.conf"), "[s]\nslot_name = automatic\n");
        ServerConfig server = fixture.server("s");
        assertThat(server.archiving().slotName()).isEqualTo("automatic");
        assertThat(server.connection().pathPrefix()).isEqualTo("ten");
        assertThat(server.cluster()).isEqualTo("main");
    }

    @Test
    void anIncludeMayRepeatTheGlobalSectionButNotChangeIt() throws Exception {
        fixture.main("[s]")
                .include("a.conf", "[barman]", "barman_home = " + fixture.home)
                .include("b.conf", "[barman]");
        assertThat(fixture.load().serverNames()).containsExactly("s");
        fixture.include("c.conf", "[barman]", "barman_user = root");
        assertStops(
                fixture::load,
                Style.BARE,
                "FATAL: the configuration file " + fixture.root
                        + "/conf.d/c.conf contains a not empty [barman] section");
    }

    @Test
    void anIncludeThatCannotBeParsedStopsEveryCommand() throws Exception {
        fixture.main("[s]").include("a.conf", "rubbish");
        assertStops(
                fixture::load,
                Style.EXCEPTION,
                "File contains no section headers.\nfile: '" + fixture.root + "/conf.d/a.conf', line: 1\n'rubbish\\n'");
    }

    @Test
    void anIncludeDirectoryThatIsNoneIsIgnored() throws Exception {
        Files.writeString(
                fixture.root.resolve("barman.conf"),
                "[barman]\nbarman_home = " + fixture.home + "\nconfiguration_files_directory = /nonexistent\n[s]\n");
        assertThat(fixture.load().serverNames()).containsExactly("s");
    }

    // layers

    @Test
    void serversInheritOnlyInheritableOptions() throws Exception {
        fixture.main(
                "compression = gzip",
                "keepalive_interval = 5",
                "description = not inherited",
                "conninfo = host=x",
                "check_timeout = 7",
                "xlogdb_directory = /x",
                "pre_backup_script = /bin/true",
                "disabled = true",
                "[s]",
                "check_timeout = 8",
                "disabled = true");
        ServerConfig server = fixture.server("s");
        assertThat(server.archiving().compressionName()).isEqualTo("gzip");
        assertThat(server.connection().keepaliveIntervalSeconds()).isEqualTo(60);
        assertThat(server.connection().checkTimeoutSeconds()).isEqualTo(8);
        assertThat(server.connection().conninfo()).isNull();
        assertThat(server.description()).isNull();
        assertThat(server.directories().xlogdbFile()).isEqualTo(Path.of("/x/s-xlog.db"));
        assertThat(server.hooks().script(HookEvent.BACKUP, HookPhase.PRE, false))
                .contains("/bin/true");
        assertThat(server.hooks().script(HookEvent.BACKUP, HookPhase.PRE, true)).isEmpty();
        assertThat(server.problems()).isNotEmpty();
        assertThat(fixture.messages.lines()).noneMatch(line -> line.contains("Invalid configuration option"));
    }

    @Test
    void anEmptyTextSwitchesAnInheritedValueOff() throws Exception {
        fixture.main(
                "retention_policy = REDUNDANCY 2",
                "pre_backup_script = x",
                "compression = gzip",
                "backup_options = external_configuration",
                "last_wal_maximum_age = 1 DAY",
                "last_backup_minimum_size = 1k",
                "encryption = gpg",
                "[s]",
                "retention_policy =",
                "pre_backup_script = ''",
                "compression = None",
                "backup_options =",
                "streaming_conninfo =",
                "conninfo = host=x",
                "ssh_command = ssh x",
                "last_wal_maximum_age =",
                "last_backup_minimum_size =",
                "encryption = none");
        ServerConfig server = fixture.server("s");
        assertThat(server.retention().policyText()).isNull();
        assertThat(server.hooks().script(HookEvent.BACKUP, HookPhase.PRE, false))
                .isEmpty();
        assertThat(server.archiving().compression()).isEmpty();
        assertThat(server.backup().options()).containsExactly("concurrent_backup");
        assertThat(server.connection().streamingConninfo()).isNull();
        assertThat(server.retention().lastWalMaximumAge()).isEqualTo(Duration.ofDays(1));
        assertThat(server.retention().lastBackupMinimumSizeBytes()).isEqualTo(1000L);
        assertThat(server.archiving().encryption()).isEqualTo("gpg");
    }

    @Test
    void anEmptyTypedValueIsReportedAndInherited() throws Exception {
        fixture.main("slot_name = global", "[s]", "slot_name =");
        assertThat(fixture.server("s").archiving().slotName()).isEqualTo("global");
        assertThat(fixture.messages.lines())
                .contains("WARNING: Ignoring invalid configuration value '' for key slot_name in [s] section:"
                        + " Replication slot names may only contain lower case letters, numbers, and the underscore"
                        + " character.");
    }

    @Test
    void aBadGlobalValueIsReportedOncePerServer() throws Exception {
        fixture.main("parallel_jobs = x", "[b]", "[a]").load().serverNames();
        assertThat(fixture.messages.lines())
                .containsExactly(
                        "WARNING: Ignoring invalid configuration value 'x' for key parallel_jobs in [barman] section:"
                                + " invalid literal for int() with base 10: 'x'",
                        "WARNING: Ignoring invalid configuration value 'x' for key parallel_jobs in [barman] section:"
                                + " invalid literal for int() with base 10: 'x'");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "minimum_redundancy =",
                "backup_directory =",
                "wals_directory = None",
                "retention_policy = main",
                "custom_compression_magic = 0x1"
            })
    void valuesThatMakeBarmanCrashAreErrors(String line) throws Exception {
        fixture.main("[s]", line);
        assertThatThrownBy(() -> fixture.load().servers())
                .isInstanceOfSatisfying(
                        ConfigException.class, e -> assertThat(e.style()).isEqualTo(Style.ERROR));
    }

    @Test
    void directoriesFollowTheBackupDirectory() throws Exception {
        ServerConfig server = fixture.main("barman_lock_directory = /locks", "[s]", "backup_directory = /b")
                .server("s");
        assertThat(server.directories())
                .isEqualTo(new ServerDirectories(
                        "s",
                        Path.of("/b"),
                        Path.of("/b/base"),
                        Path.of("/b/wals"),
                        null,
                        Path.of("/b/incoming"),
                        Path.of("/b/streaming"),
                        Path.of("/b/errors"),
                        Path.of("/b/wals"),
                        Path.of("/locks")));
        assertThat(server.directories().lockFile("archive-wal")).isEqualTo(Path.of("/locks/.s-archive-wal.lock"));
        assertThat(server.directories().identityFile()).isEqualTo(Path.of("/b/identity.json"));
        assertThat(server.directories().meta()).isEqualTo(Path.of("/b/meta"));
    }

    @Test
    void walArchiveAtAUrlKeepsItsIndexApartFromThatOfALocalArchive() throws Exception {
        ServerConfig server = fixture.main(
                        "[s]",
                        "backup_directory = /b",
                        "wals_directory = s3://bucket/path/",
                        "compression = gzip",
                        "conninfo = host=h",
                        "backup_method = postgres")
                .server("s");

        assertThat(server.problems()).isEmpty();
        assertThat(server.directories().walsUrl()).isEqualTo("s3://bucket/path/");
        Path index = server.directories().xlogdbFile();
        assertThat(server.directories().wals()).isEqualTo(index.getParent());
        assertThat(index.toString()).matches("/b/meta/wal-index-[0-9a-f]{12}/s-xlog\\.db");
        assertThat(indexOf("s3://bucket/path")).isEqualTo(index);
        assertThat(indexOf("s3://bucket/path2")).isNotEqualTo(index);
        assertThat(server.directories().errors()).isEqualTo(Path.of("/b/errors"));
        assertThat(server.directories().toCreate()).allMatch(Path::isAbsolute);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://account.blob.core.windows.net/container/path?sv=1&sig=topsecret",
                "s3://user:topsecret@bucket/path",
                "s3://bucket/path#topsecret"
            })
    void urlWithASecretIsRefusedAndNotShown(String url) throws Exception {
        ServerConfig server = fixture.main(
                        "[s]", "wals_directory = " + url, "conninfo = host=h", "backup_method = postgres")
                .server("s");

        assertThat(server.disabled()).isTrue();
        assertThat(server.problems())
                .singleElement()
                .asString()
                .contains("plain URL")
                .doesNotContain("topsecret");
    }

    private Path indexOf(String url) throws Exception {
        return fixture.main("[s]", "backup_directory = /b", "wals_directory = " + url, "conninfo = host=h")
                .server("s")
                .directories()
                .xlogdbFile();
    }

    @ParameterizedTest
    @ValueSource(strings = {"compression = pigz", "compression = custom", "compression = pygzip", "encryption = gpg"})
    void whatABucketCannotHoldIsRefusedBeforeAnythingIsArchived(String option) throws Exception {
        ServerConfig server = fixture.main(
                        "[s]",
                        "wals_directory = s3://bucket/path",
                        "conninfo = host=h",
                        "backup_method = postgres",
                        option)
                .server("s");

        assertThat(server.disabled()).isTrue();
        assertThat(server.problems())
                .singleElement()
                .asString()
                .contains(option.substring(option.indexOf('=') + 2).equals("gpg") ? "encryption" : "'", "URL");
    }

    @Test
    void baseBackupsAtAUrlAreRefused() throws Exception {
        ServerConfig server = fixture.main(
                        "[s]",
                        "basebackups_directory = s3://bucket/path",
                        "conninfo = host=h",
                        "backup_method = postgres")
                .server("s");

        assertThat(server.problems()).singleElement().asString().contains("basebackups_directory", "s3://bucket/path");
    }

    @Test
    void twoServersMayShareAUrl() throws Exception {
        ConfigFixture configured = fixture.main(
                "[a]",
                "wals_directory = s3://bucket/path",
                "conninfo = host=h",
                "backup_method = postgres",
                "[b]",
                "wals_directory = s3://bucket/path",
                "conninfo = host=h",
                "backup_method = postgres");

        assertThat(configured.server("a").problems()).isEmpty();
        assertThat(configured.server("b").problems()).isEmpty();
    }

    @Test
    void directoriesAreShownAsWritten() throws Exception {
        ServerConfig server = fixture.main("[s]", "backup_directory = /b//x/").server("s");
        assertThat(shown(server, "backup_directory")).isEqualTo("/b//x/");
        assertThat(shown(server, "wals_directory")).isEqualTo("/b//x/wals");
    }

    // sections

    @Test
    void theWordAllIsReserved() throws Exception {
        fixture.main("[all]");
        BarmanConfiguration configuration = fixture.load();
        assertStops(
                configuration::servers,
                Style.BARE,
                "FATAL: the reserved word 'all' is not allowed as server name.Please rename it.");
    }

    @Test
    void serversAreSortedAndUnknownOnesEmpty() throws Exception {
        BarmanConfiguration configuration = fixture.main("[b]", "[A]", "[a]").load();
        assertThat(configuration.servers().stream().map(ServerConfig::name)).containsExactly("A", "a", "b");
        assertThat(configuration.server("nosuch")).isEmpty();
        assertThat(configuration.server("barman")).isEmpty();
    }

    @Test
    void aServerIsBuiltOnce() throws Exception {
        BarmanConfiguration configuration = fixture.main("[a]").load();
        ServerConfig first = configuration.server("a").orElseThrow();
        List<String> said = fixture.messages.lines();
        assertThat(configuration.server("a").orElseThrow()).isSameAs(first);
        assertThat(configuration.servers()).containsExactly(first);
        assertThat(fixture.messages.lines()).isEqualTo(said);
    }

    @Test
    void aSectionMayBecomeAModelInAnotherFile() throws Exception {
        fixture.main("[s]", "[t]").include("a.conf", "[t]", "model = on", "cluster = s");
        BarmanConfiguration configuration = fixture.load();
        assertThat(configuration.serverNames()).containsExactly("s");
        assertThat(configuration.modelNames()).containsExactly("t");
    }

    @Test
    void modelIsUnknownInAServerAndMustBeABoolean() throws Exception {
        fixture.main("[s]", "model = off").load().serverNames();
        assertThat(fixture.messages.lines())
                .containsExactly("WARNING: Invalid configuration option \"model\" in [s] section.");
        fixture.main("[s]", "model = perhaps");
        BarmanConfiguration configuration = fixture.load();
        assertStops(configuration::serverNames, Style.EXCEPTION, ValueParser.BOOLEAN_REASON);
    }

    @Test
    void aModelNeedsACluster() throws Exception {
        BarmanConfiguration configuration = fixture.main("[m]", "model = on").load();
        assertStops(
                configuration::serverNames, Style.BARE, "Your configuration is missing required parameters. Exiting.");
        assertThat(fixture.messages.lines())
                .containsExactly("ERROR: Parameter \"cluster\" is required in [m] section.");
    }

    // models

    private void activate(String model) throws IOException {
        Files.writeString(Files.createDirectories(fixture.home.resolve("s")).resolve(".active-model.auto"), model);
    }

    private void mainWithModel(String... modelLines) throws IOException {
        fixture.main(
                "check_timeout = 9",
                "[s]",
                "conninfo = host=one",
                "ssh_command = ssh x",
                "archiver = on",
                "backup_options = concurrent_backup",
                "slot_name = one",
                "[m]",
                "model = true",
                "cluster = s",
                String.join("\n", modelLines));
    }

    @Test
    void theActiveModelOverridesWhatItSets() throws Exception {
        mainWithModel("conninfo = host=two", "slot_name =", "ssh_command =", "backup_directory = /x");
        activate("m\n");
        ServerConfig server = fixture.server("s");
        assertThat(server.connection().conninfo()).isEqualTo("host=two");
        assertThat(server.connection().streamingConninfo()).isEqualTo("host=one");
        assertThat(server.connection().sshCommand()).isEqualTo("ssh x");
        assertThat(server.connection().checkTimeoutSeconds()).isEqualTo(9);
        assertThat(server.archiving().slotName()).isEqualTo("one");
        assertThat(server.activeModel()).isEqualTo("m");
        assertThat(shown(server, "active_model")).isEqualTo("m");
        assertThat(server.directories().backup()).isEqualTo(fixture.home.resolve("s"));
        assertThat(fixture.messages.lines())
                .containsExactly(
                        "WARNING: Invalid configuration option \"backup_directory\" in [m] section.",
                        "WARNING: Ignoring invalid configuration value '' for key slot_name in [m] section: Replication"
                                + " slot names may only contain lower case letters, numbers, and the underscore"
                                + " character.");
    }

    @Test
    void anEmptySetInAModelIsAnOverride() throws Exception {
        mainWithModel("recovery_options =");
        fixture.include("a.conf", "[s]", "recovery_options = get-wal");
        assertThat(fixture.server("s").recovery().options()).containsExactly("get-wal");
        activate("m");
        assertThat(fixture.server("s").recovery().options()).isEmpty();
    }

    @Test
    void aModelMayDisableAServerWithoutAReason() throws Exception {
        mainWithModel("disabled = true");
        activate("m");
        ServerConfig server = fixture.server("s");
        assertThat(server.disabled()).isTrue();
        assertThat(server.problems()).isEmpty();
    }

    @Test
    void anUnknownActiveModelDisablesTheServer() throws Exception {
        mainWithModel();
        activate("gone");
        assertThat(fixture.server("s").problems())
                .containsExactly("Model 'gone' is set as the active model for the server 's' but the model does not"
                        + " exist.");
    }

    @Test
    void anActiveModelOfAnotherClusterIsAnErrorOfEveryCommand() throws Exception {
        mainWithModel("cluster = other");
        activate("m");
        ServerConfig server = fixture.server("s");
        assertThat(server.disabled()).isFalse();
        assertThat(server.activeModel()).isNull();
        assertThat(fixture.messages.lines())
                .containsExactly("ERROR: Model 'm' has 'cluster=other', which is not compatible with 'cluster=s' from"
                        + " server 's'");
    }

    @Test
    void anEmptyActiveModelFileMeansNone() throws Exception {
        mainWithModel();
        activate(" \n");
        assertThat(fixture.server("s").activeModel()).isNull();
    }

    // validity

    private List<String> problems(String... lines) throws Exception {
        return fixture.main("[s]", String.join("\n", lines)).server("s").problems();
    }

    @Test
    void anEmptySectionLacksEverything() throws Exception {
        assertThat(problems())
                .containsExactly(
                        "PostgreSQL connection: Missing 'conninfo' parameter for server 's'",
                        "Missing or invalid ssh_command in barman configuration for server s");
        assertThat(fixture.messages.lines())
                .containsExactly(
                        "WARNING: No archiver enabled for server 's'. Please turn on 'archiver', 'streaming_archiver'"
                                + " or both",
                        "WARNING: Forcing 'archiver = on'");
    }

    @Test
    void aStreamingServerNeedsBothConnectionsAndASlot() throws Exception {
        assertThat(problems("backup_method = postgres", "streaming_archiver = on"))
                .containsExactly(
                        "PostgreSQL connection: Missing 'conninfo' parameter for server 's'",
                        "Streaming connection: Missing 'streaming_conninfo' parameter for server 's'",
                        "Streaming-only archiver requires 'streaming_conninfo' and 'slot_name' options to be properly"
                                + " configured");
        assertThat(problems("conninfo = host=x", "backup_method = postgres", "streaming_archiver=on", "slot_name=s"))
                .isEmpty();
    }

    @Test
    void connectionStringsMustBeValid() throws Exception {
        assertThat(problems(
                        "conninfo = rubbish",
                        "primary_conninfo = worse",
                        "streaming_archiver = on",
                        "slot_name = a",
                        "ssh_command = x"))
                .containsExactly(
                        "PostgreSQL connection: Cannot connect to postgres: \"rubbish\" is not a valid connection string",
                        "PostgreSQL connection: Cannot connect to postgres: \"worse\" is not a valid connection string",
                        "Streaming connection: Cannot connect to postgres: \"rubbish\" is not a valid connection"
                                + " string");
    }

    @Test
    void methodsRefuseOptionsTheyCannotHonour() throws Exception {
        assertThat(problems("conninfo = host=x", "ssh_command = ssh", "backup_compression = gzip"))
                .containsExactly("backup_compression option is not supported by rsync backup_method");
        assertThat(problems("conninfo = host=x", "backup_method = local-rsync", "ssh_command = ssh"))
                .containsExactly("Local copy requires ssh_command in barman configuration to be empty for server s");
        assertThat(problems(
                        "conninfo = host=x",
                        "backup_method = postgres",
                        "tablespace_bandwidth_limit = a:1",
                        "reuse_backup = link",
                        "network_compression = on"))
                .containsExactly(
                        "tablespace_bandwidth_limit option is not supported by postgres backup_method",
                        "reuse_backup option is not supported by postgres backup_method",
                        "network_compression option is not supported by postgres backup_method");
        assertThat(problems("conninfo = host=x", "backup_method = postgres", "reuse_backup = off"))
                .isEmpty();
    }

    @Test
    void snapshotsNeedTheirOptions() throws Exception {
        assertThat(problems("conninfo = host=x", "backup_method = snapshot"))
                .containsExactly("Missing or invalid ssh_command in barman configuration for server s");
        assertThat(problems(
                        "conninfo = host=x",
                        "backup_method = snapshot",
                        "ssh_command = ssh",
                        "reuse_backup = copy",
                        "tablespace_bandwidth_limit = a:1",
                        "network_compression = on",
                        "bandwidth_limit = 9",
                        "backup_compression = gzip"))
                .containsExactly(
                        "backup_compression option is not supported by snapshot backup_method",
                        "bandwidth_limit option is not supported by snapshot backup_method",
                        "network_compression option is not supported by snapshot backup_method",
                        "tablespace_bandwidth_limit option is not supported by snapshot backup_method",
                        "reuse_backup option is not supported by snapshot backup_method",
                        "snapshot_disks option is required by snapshot backup_method",
                        "snapshot_instance option is required by snapshot backup_method",
                        "snapshot_provider option is required by snapshot backup_method");
        String[] snapshot = {
            "conninfo = host=x",
            "backup_method = snapshot",
            "ssh_command = ssh",
            "snapshot_disks = d",
            "snapshot_instance = i",
            "backup_options = concurrent_backup"
        };
        assertThat(problems(String.join("\n", snapshot), "snapshot_provider = gcp"))
                .containsExactly("Error initialising snapshot provider gcp: gcp_project option must be set when"
                        + " snapshot_provider is gcp");
        assertThat(problems(String.join("\n", snapshot), "snapshot_provider = xyz"))
                .containsExactly("Error initialising snapshot provider xyz: Unsupported snapshot provider: xyz");
        assertThat(problems(
                        String.join("\n", snapshot),
                        "snapshot_provider = aws",
                        "aws_snapshot_lock_mode = Governance",
                        "aws_snapshot_lock_duration = 0",
                        "aws_snapshot_lock_cool_off_period = 73",
                        "aws_snapshot_lock_expiration_date = 2026-01-01"))
                .containsExactly(
                        "You must specify either 'aws_snapshot_lock_duration' or 'aws_snapshot_lock_expiration_date' in"
                                + " the configuration, but not both.",
                        "'aws_snapshot_lock_cool_off_period' cannot be used with 'aws_snapshot_lock_mode' ="
                                + " 'governance'.",
                        "aws_snapshot_lock_cool_off_period must be between 1 and 72 hours.",
                        "aws_snapshot_lock_duration must be between 1 and 36,500 days.",
                        "Invalid date: '2026-01-01'. Expected format is '%Y-%m-%dT%H:%M:%S.%fZ'.");
        assertThat(problems(
                        String.join("\n", snapshot),
                        "snapshot_provider = aws",
                        "aws_snapshot_lock_mode = compliance",
                        "aws_snapshot_lock_expiration_date = 2036-01-01T00:00:00.000Z"))
                .isEmpty();
    }

    @Test
    void exclusiveBackupsAreOverriddenForThePostgresMethod() throws Exception {
        fixture.main(
                "[s]",
                "conninfo = host=x",
                "backup_method = postgres",
                "archiver = on",
                "backup_options = exclusive_backup, external_configuration");
        assertThat(fixture.server("s").backup().options())
                .containsExactlyInAnyOrder("concurrent_backup", "external_configuration");
        assertThat(fixture.messages.lines())
                .containsExactly("WARNING: 'exclusive_backup' is not a valid backup_option using postgres"
                        + " backup_method. Overriding with 'concurrent_backup'.");
    }

    @Test
    void aPassiveNodeNeedsNothing() throws Exception {
        fixture.main("primary_ssh_command = ssh barman@primary", "[s]");
        ServerConfig server = fixture.server("s");
        assertThat(server.passive()).isTrue();
        assertThat(server.disabled()).isFalse();
        assertThat(server.archiving().fileArchiver()).isFalse();
        assertThat(shown(server, "passive_node")).isEqualTo("True");
        assertThat(fixture.messages.lines()).isEmpty();
    }

    @Test
    void walConnectionsFallBack() throws Exception {
        fixture.main("[s]", "conninfo = host=a", "streaming_conninfo = host=b");
        assertThat(fixture.server("s").connection().effectiveWalConninfo()).isEqualTo("host=a");
        assertThat(fixture.server("s").connection().effectiveWalStreamingConninfo())
                .isEqualTo("host=b");
        fixture.include("w.conf", "[s]", "wal_streaming_conninfo = host=c");
        assertThat(fixture.server("s").connection().effectiveWalConninfo()).isEqualTo("host=c");
        assertThat(fixture.server("s").connection().effectiveWalStreamingConninfo())
                .isEqualTo("host=c");
        fixture.include("x.conf", "[s]", "wal_conninfo = host=d");
        assertThat(fixture.server("s").connection().effectiveWalConninfo()).isEqualTo("host=d");
    }

    // conflicts

    @Test
    void aConflictInsideAServerDisablesIt() throws Exception {
        Files.createSymbolicLink(fixture.root.resolve("link"), fixture.home);
        assertThat(problems(
                                "conninfo = host=x",
                                "ssh_command = ssh",
                                "wals_directory = " + fixture.home + "/s/incoming",
                                "streaming_wals_directory = " + fixture.root + "/link/s/errors")
                        .stream()
                        .map(problem -> problem.replace(fixture.root.toString(), "ROOT")))
                .containsExactly(
                        "Conflicting path: streaming_wals_directory=ROOT/link/s/errors (symlink to: ROOT/home/s/errors)"
                                + " conflicts with 'errors_directory' for server 's'",
                        "Conflicting path: wals_directory=ROOT/home/s/incoming conflicts with 'incoming_wals_directory'"
                                + " for server 's'");
    }

    @Test
    void aConflictBetweenServersConcernsAll() throws Exception {
        fixture.main(
                "[two]",
                "errors_directory = /x/../x/wals",
                "[one]",
                "wals_directory = /x/wals",
                "xlogdb_directory = /x/wals",
                "[innocent]");
        assertThat(fixture.load().pathConflicts())
                .containsExactly("Conflicting path: errors_directory=/x/../x/wals (symlink to: /x/wals) for server"
                        + " 'two' conflicts with 'wals_directory' for server 'one'");
    }

    @Test
    void nestedDirectoriesDoNotConflict() throws Exception {
        fixture.main("[one]", "[two]", "backup_directory = " + fixture.home + "/one/two");
        assertThat(fixture.load().pathConflicts()).isEmpty();
    }

    // late values

    @Test
    void retentionPoliciesAreNormalised() throws Exception {
        fixture.main("[s]", "retention_policy = '  recovery   window OF 02 week '");
        ServerConfig server = fixture.server("s");
        assertThat(server.retention().policyText()).isEqualTo("RECOVERY WINDOW OF 2 WEEKS");
        assertThat(server.retention().policy()).isEqualTo(RetentionPolicy.parse("RECOVERY WINDOW OF 2 WEEKS"));
        assertThat(shown(server, "wal_retention_policy")).isEqualTo("MAIN");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "REDUNDANCY many",
                "REDUNDANCY -1",
                "REDUNDANCY 1 2",
                "RECOVERY WINDOW OF 2 HOURS",
                "RECOVERY WINDOW OF 2DAYS",
                "RECOVERY WINDOW 2 DAYS"
            })
    void anInvalidRetentionPolicyIsShownRaw(String policy) throws Exception {
        ServerConfig server =
                fixture.main("[s]", "retention_policy = " + policy).server("s");
        assertThat(server.retention().policyText()).isEqualTo(policy);
        assertThat(server.retention().policyInvalid()).isTrue();
        assertThat(shown(server, "wal_retention_policy")).isEqualTo("main");
        assertThat(server.retention().policy()).isNull();
    }

    @Test
    void badNumbersFallBack() throws Exception {
        ServerConfig server = fixture.main("[s]", "minimum_redundancy = -1", "bandwidth_limit = fast")
                .server("s");
        assertThat(server.retention().minimumRedundancy()).isZero();
        assertThat(server.backup().bandwidthLimitKbps()).isNull();
        server = fixture.main("[s]", "minimum_redundancy = x", "bandwidth_limit = 0")
                .server("s");
        assertThat(server.retention().minimumRedundancy()).isZero();
        assertThat(server.backup().bandwidthLimitKbps()).isZero();
    }

    @Test
    void tablespaceRatesAreSeparatedByBlanksOnly() throws Exception {
        ServerConfig server = fixture.main(
                        "[s]", "bandwidth_limit = 5", "tablespace_bandwidth_limit = a:1, b:7", "   c:5 d e:f:1")
                .server("s");
        assertThat(server.backup().tablespaceBandwidthLimitsKbps()).isEqualTo(Map.of("b", 7L));
        assertThat(shown(server, "tablespace_bandwidth_limit")).isEqualTo("{'b': 7}");
        server = fixture.main("[s]", "bandwidth_limit = 5", "tablespace_bandwidth_limit = c:5")
                .server("s");
        assertThat(shown(server, "tablespace_bandwidth_limit")).isEqualTo("None");
    }

    @Test
    void customCompressionNeedsBothFilters() throws Exception {
        ServerConfig server = fixture.main("[s]", "compression = custom", "custom_compression_filter = x")
                .server("s");
        assertThatThrownBy(() -> server.archiving().compression()).hasMessage("custom_decompression_filter");
        ServerConfig complete = fixture.include(
                        "c.conf", "[s]", "custom_decompression_filter = y", "custom_compression_magic = 0xabcd")
                .server("s");
        assertThat(complete.archiving().compression()).isPresent();
    }

    @Test
    void aBrokenServerDoesNotAffectLoading() throws Exception {
        fixture.main("[s]", "backup_directory =");
        assertThat(BarmanConfiguration.load(fixture.root.resolve("barman.conf").toString(), new RecordingMessages())
                        .global()
                        .barmanHome())
                .isEqualTo(fixture.home);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.hook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.barman.core.config.HookEvent;
import dev.barman.core.config.HookPhase;
import dev.barman.core.config.HookScripts;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class HookRunnerTest {
    private static final WalHookEnvironment WAL = new WalHookEnvironment(
            "000000010000000000000001", "/in/000000010000000000000001", 16777216, 1795174168.6015916, null, "");

    @TempDir
    Path directory;

    private Path log;
    private final Map<String, String> scripts = new HashMap<>();
    private final List<Duration> pauses = new ArrayList<>();
    private HookRunner runner;

    @BeforeEach
    void createRunner() throws IOException {
        log = Files.createFile(directory.resolve("log"));
        runner = new HookRunner(this::script, "main", "etc/barman.conf", null, pauses::add);
    }

    private Optional<String> script(HookEvent event, HookPhase phase, boolean retry) {
        return Optional.ofNullable(scripts.get(HookScripts.optionName(event, phase, retry)));
    }

    /** A script that notes that it ran and ends with a code. */
    private void script(String option, String word, int exitCode) {
        scripts.put(option, "echo " + word + " >> " + log + "; exit " + exitCode);
    }

    private List<String> logged() throws IOException {
        return Files.readAllLines(log);
    }

    private Map<String, String> variables(String dump) throws IOException {
        Map<String, String> variables = new HashMap<>();
        for (String line : Files.readAllLines(directory.resolve(dump))) {
            if (line.startsWith("BARMAN_")) {
                int equals = line.indexOf('=');
                variables.put(line.substring(0, equals), line.substring(equals + 1));
            }
        }
        return variables;
    }

    private void dumpingScript(String option) {
        scripts.put(option, "env > " + directory.resolve(option));
    }

    @ParameterizedTest
    @EnumSource(HookEvent.class)
    void scriptsRunInBarmansOrder(HookEvent event) throws Exception {
        for (HookPhase phase : HookPhase.values()) {
            for (boolean retry : new boolean[] {true, false}) {
                script(HookScripts.optionName(event, phase, retry), phase.id() + (retry ? "-retry" : ""), 0);
            }
        }

        runner.before(event, WAL);
        Files.writeString(log, "event\n", java.nio.file.StandardOpenOption.APPEND);
        runner.after(event, WAL);

        assertThat(logged()).containsExactly("pre", "pre-retry", "event", "post-retry", "post");
    }

    @Test
    void archiveScriptsAreToldAboutTheWal() throws Exception {
        dumpingScript("pre_archive_script");

        runner.before(HookEvent.ARCHIVE, WAL);

        assertThat(variables("pre_archive_script"))
                .containsExactlyInAnyOrderEntriesOf(Map.ofEntries(
                        Map.entry("BARMAN_VERSION", "3.17.0"),
                        Map.entry("BARMAN_SERVER", "main"),
                        Map.entry("BARMAN_CONFIGURATION", "etc/barman.conf"),
                        Map.entry("BARMAN_HOOK", "archive_script"),
                        Map.entry("BARMAN_PHASE", "pre"),
                        Map.entry("BARMAN_RETRY", "0"),
                        Map.entry("BARMAN_ERROR", ""),
                        Map.entry("BARMAN_SEGMENT", "000000010000000000000001"),
                        Map.entry("BARMAN_FILE", "/in/000000010000000000000001"),
                        Map.entry("BARMAN_SIZE", "16777216"),
                        Map.entry("BARMAN_TIMESTAMP", "1795174168.6015916"),
                        Map.entry("BARMAN_COMPRESSION", "")));
    }

    @Test
    void recoveryScriptsAreToldAboutBackupAndDestinationAndNeverAnError() throws Exception {
        dumpingScript("post_recovery_retry_script");
        BackupHookEnvironment backup = new BackupHookEnvironment(
                "20261120T111556", Path.of("/b/base/20261120T111556"), Path.of("/b/meta/x"), "DONE", "A", "", "old");

        runner.after(
                HookEvent.RECOVERY,
                new RecoveryHookEnvironment(backup, "/restored", "", "", "{\"target_action\": \"pause\"}"));

        assertThat(variables("post_recovery_retry_script"))
                .containsExactlyInAnyOrderEntriesOf(Map.ofEntries(
                        Map.entry("BARMAN_VERSION", "3.17.0"),
                        Map.entry("BARMAN_SERVER", "main"),
                        Map.entry("BARMAN_CONFIGURATION", "etc/barman.conf"),
                        Map.entry("BARMAN_HOOK", "recovery_retry_script"),
                        Map.entry("BARMAN_PHASE", "post"),
                        Map.entry("BARMAN_RETRY", "1"),
                        Map.entry("BARMAN_ERROR", ""),
                        Map.entry("BARMAN_BACKUP_ID", "20261120T111556"),
                        Map.entry("BARMAN_BACKUP_DIR", "/b/base/20261120T111556"),
                        Map.entry("BARMAN_BACKUP_INFO_PATH", "/b/meta/x"),
                        Map.entry("BARMAN_STATUS", "DONE"),
                        Map.entry("BARMAN_PREVIOUS_ID", "A"),
                        Map.entry("BARMAN_NEXT_ID", ""),
                        Map.entry("BARMAN_DESTINATION_DIRECTORY", "/restored"),
                        Map.entry("BARMAN_TABLESPACES", ""),
                        Map.entry("BARMAN_REMOTE_COMMAND", ""),
                        Map.entry("BARMAN_RECOVER_OPTIONS", "{\"target_action\": \"pause\"}")));
    }

    @Test
    void onlyTheRetryScriptIsToldAnArchivingError() throws Exception {
        dumpingScript("post_archive_script");
        dumpingScript("post_archive_retry_script");
        dumpingScript("post_wal_delete_script");
        WalHookEnvironment failed = new WalHookEnvironment("W", "/f", 1, 2.0, "gzip", "failed");

        runner.after(HookEvent.ARCHIVE, failed);
        runner.after(HookEvent.WAL_DELETE, failed);

        assertThat(variables("post_archive_script")).containsEntry("BARMAN_ERROR", "");
        assertThat(variables("post_archive_retry_script")).containsEntry("BARMAN_ERROR", "failed");
        assertThat(variables("post_wal_delete_script")).containsEntry("BARMAN_ERROR", "failed");
    }

    @Test
    void pathPrefixComesFirst() throws Exception {
        HookRunner prefixed = new HookRunner(this::script, "main", "c", "/opt/one:/opt/two", pauses::add);
        scripts.put("pre_archive_script", "echo \"$PATH\" > " + log);

        prefixed.before(HookEvent.ARCHIVE, WAL);

        assertThat(logged()).containsExactly("/opt/one:/opt/two:" + System.getenv("PATH"));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 62, 63, 127})
    void standardScriptNeverStopsAnything(int exitCode) {
        script("pre_archive_script", "pre", exitCode);
        script("post_archive_script", "post", exitCode);

        assertThatCode(() -> {
                    runner.before(HookEvent.ARCHIVE, WAL);
                    runner.after(HookEvent.ARCHIVE, WAL);
                })
                .doesNotThrowAnyException();
        assertThat(pauses).isEmpty();
    }

    @Test
    void retryScriptIsRepeatedWithBarmansPausesUntilItSucceeds() throws Exception {
        scripts.put("pre_archive_retry_script", "echo x >> " + log + "; test $(wc -l < " + log + ") -ge 15");

        runner.before(HookEvent.ARCHIVE, WAL);

        assertThat(pauses.stream().map(Duration::toSeconds))
                .containsExactly(3L, 3L, 3L, 3L, 3L, 60L, 3L, 3L, 3L, 3L, 3L, 60L, 3L, 3L);
    }

    @Test
    void code62OfARetryScriptGivesUpAndGoesOn() throws Exception {
        script("pre_delete_retry_script", "pre", 62);

        runner.before(HookEvent.DELETE, WAL);

        assertThat(logged()).containsExactly("pre");
        assertThat(pauses).isEmpty();
    }

    @Test
    void code63OfAPreRetryScriptStopsTheEvent() {
        scripts.put("pre_wal_delete_retry_script", "exit 63");

        assertThatExceptionOfType(HookAbortedException.class)
                .isThrownBy(() -> runner.before(HookEvent.WAL_DELETE, WAL))
                .withMessage("Abort 'pre_wal_delete_retry_script' retry hook script (exit 63, exit code: 63)");
    }

    @Test
    void code63OfAPostRetryScriptIsIgnored() throws Exception {
        script("post_backup_retry_script", "retry", 63);
        script("post_backup_script", "standard", 0);

        runner.after(HookEvent.BACKUP, WAL);

        assertThat(logged()).containsExactly("retry", "standard");
    }

    @Test
    void interruptedPauseEndsTheAttemptsBeforeAnEvent() {
        script("pre_backup_retry_script", "pre", 1);
        HookRunner interrupted = new HookRunner(this::script, "main", "c", null, duration -> {
            throw new InterruptedException();
        });

        assertThatExceptionOfType(InterruptedIOException.class)
                .isThrownBy(() -> interrupted.before(HookEvent.BACKUP, WAL));
    }

    @Test
    void scriptReadsNothing() throws Exception {
        scripts.put("pre_backup_script", "wc -c > " + log);

        runner.before(HookEvent.BACKUP, WAL);

        assertThat(logged()).hasSize(1).first().asString().isEqualToIgnoringWhitespace("0");
    }

    @Test
    void knowsWhetherAnEventHasScripts() {
        script("post_archive_retry_script", "x", 0);

        assertThat(runner.hasScripts(HookEvent.ARCHIVE)).isTrue();
        assertThat(runner.hasScripts(HookEvent.WAL_DELETE)).isFalse();
    }
}

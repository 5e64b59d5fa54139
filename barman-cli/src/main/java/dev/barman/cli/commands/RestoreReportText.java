// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import dev.barman.cli.output.JsonArray;
import dev.barman.cli.output.JsonWriter;
import dev.barman.cli.output.OutputWriter;
import dev.barman.core.recovery.ConfigurationNote;
import dev.barman.core.recovery.RestoreReport;
import dev.barman.core.text.BarmanDates;
import dev.barman.core.text.HumanDuration;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** The report at the end of a restore, in both formats. */
final class RestoreReportText {
    private static final String GET_WAL = "WARNING: 'get-wal' is in the specified 'recovery_options'.";
    private static final String GET_WAL_END =
            "inside the target directory. Make sure that 'restore_command' can be executed by the PostgreSQL user.";

    private RestoreReportText() {}

    static void print(RestoreReport report, OutputWriter out) {
        List<ConfigurationNote> changes = report.outcome().changes();
        if (!changes.isEmpty()) {
            block(out, "IMPORTANT", "These settings have been modified to prevent data losses");
            notes(out, changes);
        }
        List<ConfigurationNote> warnings = report.outcome().warnings();
        if (!warnings.isEmpty()) {
            block(out, "WARNING", "You are required to review the following options as potentially dangerous");
            notes(out, warnings);
        }
        List<String> missing = report.outcome().missingFiles();
        if (!missing.isEmpty()) {
            block(
                    out,
                    "WARNING",
                    "The following configuration files have not been saved during backup, hence they have not been"
                            + " restored.",
                    "You need to manually restore them in order to start the restored PostgreSQL instance:");
            for (String file : missing) {
                out.print("    " + file);
            }
        }
        if (report.getWal()) {
            out.print("");
            out.print(GET_WAL);
            out.print(
                    "Before you start up the PostgreSQL server, please review the " + report.recoveryFile() + " file");
            out.print(GET_WAL_END);
        }
        out.print("");
        out.print("Restore operation completed (start time: " + BarmanDates.withOffset(report.started())
                + ", elapsed time: " + HumanDuration.format(report.elapsed()) + ")");
        out.print("Your PostgreSQL server has been successfully prepared for recovery!");
    }

    private static void block(OutputWriter out, String... lines) {
        out.print("");
        for (String line : lines) {
            out.print(line);
        }
        out.print("");
    }

    private static void notes(OutputWriter out, List<ConfigurationNote> notes) {
        for (ConfigurationNote note : notes) {
            out.print(note.file() + " line " + note.line() + ": " + note.key() + " = "
                    + (note.value() == null ? "None" : note.value()));
        }
    }

    static void write(RestoreReport report, JsonWriter json) {
        List<ConfigurationNote> changes = report.outcome().changes();
        List<ConfigurationNote> warnings = report.outcome().warnings();
        if (!changes.isEmpty()) {
            json.warning("IMPORTANT! Some settings have been modified to prevent data losses. See 'changes' key.");
        }
        if (!warnings.isEmpty()) {
            json.warning("WARNING! You are required to review the options as potentially dangerous. See 'warnings'"
                    + " key.");
        }
        if (!report.outcome().missingFiles().isEmpty()) {
            json.warning("WARNING! Some configuration files have not been saved during backup, hence they have not been"
                    + " restored. See 'missing_files' key.");
        }
        if (report.getWal()) {
            json.warning(
                    GET_WAL + " Before you start up the PostgreSQL server, please review the recovery configuration "
                            + GET_WAL_END);
        }
        double seconds = report.elapsed().truncatedTo(ChronoUnit.MICROS).toNanos() / 1e9;
        json.document()
                .put("changes", notes(changes))
                .put("changes_count", changes.size())
                .put("missing_files", report.outcome().missingFiles())
                .put("recovery_elapsed_time", HumanDuration.format(report.elapsed()))
                .put("recovery_elapsed_time_seconds", seconds)
                .put("recovery_start_time", BarmanDates.withOffset(report.started()))
                .put(
                        "recovery_start_time_timestamp",
                        Long.toString(report.started().toEpochSecond()))
                .put("warnings", notes(warnings))
                .put("warnings_count", warnings.size());
    }

    private static JsonArray notes(List<ConfigurationNote> notes) {
        JsonArray array = new JsonArray();
        for (ConfigurationNote note : notes) {
            array.add(new JsonArray()
                    .add(note.file())
                    .add(note.line())
                    .add(note.key())
                    .add(note.value()));
        }
        return array;
    }
}

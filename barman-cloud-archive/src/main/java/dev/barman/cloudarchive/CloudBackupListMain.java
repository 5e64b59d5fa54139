// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.args.ArgumentParser;
import dev.barman.args.ParsedArguments;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.catalog.KeepTarget;
import java.io.IOException;
import java.io.PrintStream;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code barman-cloud-backup-list}: the base backups of a server in a bucket. */
public final class CloudBackupListMain extends CloudCommand {
    static final String PROGRAM = "barman-cloud-backup-list";

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");
    private static final int[] WIDTHS = {20, 25, 30, 17, 20};

    private CloudBackupListMain() {
        super(PROGRAM, "Barman cloud backup list", "Lists the backups of a server in a bucket.");
    }

    /**
     * Runs the command and ends the virtual machine with its exit code.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
        new CloudBackupListMain().end(args);
    }

    /**
     * Runs the command.
     *
     * @param args the command line
     * @param out for the list
     * @param err for messages
     * @return the exit code
     */
    public static int run(String[] args, PrintStream out, PrintStream err) {
        return new CloudBackupListMain().execute(args, out, err);
    }

    static int run(String[] args, PrintStream out, PrintStream err, StoreOpener stores) {
        return new CloudBackupListMain().execute(args, out, err, stores);
    }

    @Override
    void declare(ArgumentParser parser) {
        parser.option("FORMAT", "console (unless given) or json", "--format");
    }

    @Override
    Work prepare(ParsedArguments arguments) {
        String format = arguments.value("--format");
        boolean console = format == null || format.equals("console");
        return session -> list(session, console);
    }

    private static int list(CloudSession session, boolean console) throws IOException {
        CloudBackups backups = session.load();
        if (console) {
            session.out().println(row("Backup ID", "End Time", "Begin Wal", "Archival Status", "Name"));
            for (CloudBackup backup : backups.all()) {
                if (backup.info().status() == BackupStatus.DONE) {
                    session.out().println(row(backup));
                }
            }
        } else {
            List<PythonJson> all = new ArrayList<>();
            for (CloudBackup backup : backups.all()) {
                all.add(BackupJson.of(backup.info()));
            }
            session.out().println(new PythonJson.Members().put("backups_list", new PythonJson.Elements(all)));
        }
        return CloudExit.OK;
    }

    private static String row(CloudBackup backup) {
        BackupInfo info = backup.info();
        return row(
                info.id().value(),
                info.endTime() == null ? "" : TIME.format(info.endTime()),
                info.beginWal() == null ? "" : info.beginWal().text(),
                status(backup.keep()),
                info.backupName() == null ? "" : info.backupName());
    }

    private static String status(@Nullable KeepTarget keep) {
        return keep == null ? "" : "KEEP:" + keep.name();
    }

    private static String row(String... columns) {
        StringBuilder row = new StringBuilder();
        for (int i = 0; i < columns.length; i++) {
            row.append(columns[i]);
            row.append(" ".repeat(Math.max(0, WIDTHS[i] - columns[i].length())));
        }
        return row.toString();
    }
}

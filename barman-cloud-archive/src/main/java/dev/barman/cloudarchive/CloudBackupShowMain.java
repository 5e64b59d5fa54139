// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.args.ArgumentParser;
import dev.barman.args.ParsedArguments;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.text.PythonText;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Optional;

/** {@code barman-cloud-backup-show}: the metadata of one base backup in a bucket. */
public final class CloudBackupShowMain extends CloudCommand {
    static final String PROGRAM = "barman-cloud-backup-show";

    private CloudBackupShowMain() {
        super(PROGRAM, "Barman cloud backup show", "Shows the metadata of one backup in a bucket.");
    }

    /**
     * Runs the command and ends the virtual machine with its exit code.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
        new CloudBackupShowMain().end(args);
    }

    /**
     * Runs the command.
     *
     * @param args the command line
     * @param out for the metadata
     * @param err for messages
     * @return the exit code
     */
    public static int run(String[] args, PrintStream out, PrintStream err) {
        return new CloudBackupShowMain().execute(args, out, err);
    }

    static int run(String[] args, PrintStream out, PrintStream err, StoreOpener stores) {
        return new CloudBackupShowMain().execute(args, out, err, stores);
    }

    @Override
    void declare(ArgumentParser parser) {
        parser.option("FORMAT", "console (unless given) or json", "--format")
                .positional("BACKUP_ID", "id or name of the backup, or first, last, last-failed");
    }

    @Override
    Work prepare(ParsedArguments arguments) {
        String format = arguments.value("--format");
        boolean console = format == null || format.equals("console");
        String word = arguments.positional("BACKUP_ID");
        return session -> show(session, word, console);
    }

    private static int show(CloudSession session, String word, boolean console) throws CloudException, IOException {
        BackupId id = session.resolve(word);
        Optional<BackupInfo> backup = session.find(id);
        if (backup.isEmpty()) {
            throw new CloudException(
                    CloudExit.FAILED, "Backup " + id + " for server " + session.server() + " does not exist");
        }
        if (console) {
            session.out().print(BackupText.of(backup.get()));
        } else {
            session.out()
                    .println(new PythonJson.Members()
                            .put(PythonText.str(backup.get().serverName()), BackupJson.of(backup.get())));
        }
        return CloudExit.OK;
    }
}

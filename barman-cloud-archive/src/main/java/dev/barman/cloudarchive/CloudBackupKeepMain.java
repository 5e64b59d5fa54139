// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.args.ArgumentParser;
import dev.barman.args.ParsedArguments;
import dev.barman.args.UsageException;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.catalog.KeepTarget;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Optional;

/** {@code barman-cloud-backup-keep}: the request to keep a base backup whatever the retention policy says. */
public final class CloudBackupKeepMain extends CloudCommand {
    static final String PROGRAM = "barman-cloud-backup-keep";

    private CloudBackupKeepMain() {
        super(
                PROGRAM,
                "Barman cloud keep",
                "Requests to keep a backup whatever the retention policy says, takes the request back, or tells whether there is one.");
    }

    /**
     * Runs the command and ends the virtual machine with its exit code.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
        new CloudBackupKeepMain().end(args);
    }

    /**
     * Runs the command.
     *
     * @param args the command line
     * @param out for the status
     * @param err for messages
     * @return the exit code
     */
    public static int run(String[] args, PrintStream out, PrintStream err) {
        return new CloudBackupKeepMain().execute(args, out, err);
    }

    static int run(String[] args, PrintStream out, PrintStream err, StoreOpener stores) {
        return new CloudBackupKeepMain().execute(args, out, err, stores);
    }

    @Override
    void declare(ArgumentParser parser) {
        parser.flag("take the request back", "-r", "--release")
                .flag("print the request: full, standalone or nokeep", "-s", "--status")
                .option("TARGET", "keep the backup: full, with all WAL from it on, or standalone", "--target")
                .exclusive("--release", "--status", "--target")
                .positional("BACKUP_ID", "id or name of the backup, or first, last, last-failed");
    }

    @Override
    Work prepare(ParsedArguments arguments) throws UsageException {
        String word = arguments.positional("BACKUP_ID");
        if (arguments.has("--release")) {
            return session -> release(session, word);
        }
        if (arguments.has("--status")) {
            return session -> status(session, word);
        }
        String target = arguments.value("--target");
        if (target == null) {
            throw new UsageException("one of the arguments -r/--release -s/--status --target is required");
        }
        for (KeepTarget candidate : KeepTarget.values()) {
            if (candidate.text().equals(target)) {
                return session -> keep(session, word, candidate);
            }
        }
        throw new UsageException(
                "argument --target: invalid choice: '" + target + "' (choose from 'full', 'standalone')");
    }

    private static int release(CloudSession session, String word) throws CloudException, IOException {
        BackupId id = session.resolve(word);
        session.catalog().releaseKeep(id);
        return CloudExit.OK;
    }

    private static int status(CloudSession session, String word) throws CloudException, IOException {
        BackupId id = session.resolve(word);
        session.out()
                .println("Keep: "
                        + session.catalog().keep(id).map(KeepTarget::text).orElse("nokeep"));
        return CloudExit.OK;
    }

    private static int keep(CloudSession session, String word, KeepTarget target) throws CloudException, IOException {
        BackupId id = session.resolve(word);
        Optional<BackupInfo> backup = session.find(id);
        if (backup.isEmpty()) {
            throw new CloudException(
                    CloudExit.FAILED, "Backup " + id + " for server " + session.server() + " does not exist");
        }
        BackupStatus status = backup.get().status();
        if (status != BackupStatus.DONE) {
            throw new CloudException(
                    CloudExit.FAILED,
                    "Cannot add keep to backup " + id + " because it has status " + status
                            + ". Only backups with status DONE can be kept.");
        }
        session.catalog().setKeep(id, target);
        return CloudExit.OK;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.args.ArgumentParser;
import dev.barman.args.ParsedArguments;
import dev.barman.args.UsageException;
import dev.barman.core.BarmanException;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.signal.TerminatedException;
import dev.barman.core.signal.TerminationSignals;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** {@code barman-cloud-restore}: restores a base backup from a bucket. */
public final class CloudRestoreMain extends CloudCommand {
    static final String PROGRAM = "barman-cloud-restore";

    private CloudRestoreMain() {
        super(
                PROGRAM,
                "Barman cloud restore",
                "Restores a backup from a bucket: its files, not the recovery settings nor the WAL, which barman-cloud-wal-restore fetches.");
    }

    /**
     * Runs the command and ends the virtual machine with its exit code.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
        new CloudRestoreMain().end(args);
    }

    /**
     * Runs the command.
     *
     * @param args the command line
     * @param out for nothing but help and version
     * @param err for messages
     * @return the exit code
     */
    public static int run(String[] args, PrintStream out, PrintStream err) {
        return new CloudRestoreMain().execute(args, out, err);
    }

    static int run(String[] args, PrintStream out, PrintStream err, StoreOpener stores) {
        return new CloudRestoreMain().execute(args, out, err, stores);
    }

    @Override
    void declare(ArgumentParser parser) {
        parser.option("NAME:LOCATION", "where a tablespace goes; may be repeated", "--tablespace")
                .option("TIMELINE", "with auto: a backup of this timeline; a number or latest", "--target-tli")
                .option("LSN", "with auto: the newest backup that ends before this position", "--target-lsn")
                .option("TIME", "with auto: the newest backup that ends before this time", "--target-time")
                .exclusive("--target-lsn", "--target-time")
                .option("INSTANCE", "", "--snapshot-recovery-instance")
                .option("ZONE", "", "--snapshot-recovery-zone", "--gcp-zone")
                .option("REGION", "", "--aws-region")
                .option("GROUP", "", "--azure-resource-group")
                .positional(
                        "BACKUP_ID",
                        "the backup: an id, a name, first, last, or auto for the newest one that fits the target")
                .positional("RECOVERY_DIR", "the new data directory; missing or empty");
    }

    @Override
    Work prepare(ParsedArguments arguments) throws UsageException {
        Map<String, Path> locations = new HashMap<>();
        for (String text : arguments.values("--tablespace")) {
            int colon = text.indexOf(':');
            if (colon < 1 || colon == text.length() - 1) {
                throw new UsageException(
                        "argument --tablespace: invalid tablespace rule: '" + text + "', it must be NAME:LOCATION");
            }
            locations.put(text.substring(0, colon), Path.of(text.substring(colon + 1)));
        }
        CloudBackupChoice choice = CloudBackupChoice.of(
                arguments.value("--target-tli"), arguments.value("--target-lsn"), arguments.value("--target-time"));
        String word = arguments.positional("BACKUP_ID");
        Path target = Path.of(arguments.positional("RECOVERY_DIR"));
        return session -> restore(session, word, choice, target, locations);
    }

    private static int restore(
            CloudSession session, String word, CloudBackupChoice choice, Path target, Map<String, Path> locations)
            throws CloudException, BarmanException, IOException {
        CloudBackup backup = word.equals("auto") ? choice.choose(session) : named(session, word);
        BackupInfo info = backup.info();
        if (info.status() != BackupStatus.DONE) {
            throw new CloudException(
                    CloudExit.FAILED,
                    "Backup " + info.id() + " has status " + info.status() + ": only complete backups can be restored");
        }
        if (info.snapshotsInfo() != null) {
            throw new CloudException(
                    CloudExit.FAILED,
                    "The data of backup " + info.id()
                            + " is in snapshots of a cloud provider, which this release cannot restore");
        }
        session.log().info("Restoring backup " + info.id() + " to " + target);
        try (TerminationSignals signals = TerminationSignals.install()) {
            new CloudBackupReader(session.store(), session.log(), signals).restore(backup, target, locations);
        } catch (TerminatedException e) {
            throw new CloudException(
                    CloudExit.FAILED,
                    "The restore was interrupted (" + e.getMessage() + "); the same command goes on with it");
        }
        return CloudExit.OK;
    }

    private static CloudBackup named(CloudSession session, String word) throws CloudException, IOException {
        CloudBackups backups = session.load();
        BackupId id = backups.resolve(word);
        Optional<CloudBackup> backup = backups.find(id);
        if (backup.isEmpty()) {
            throw new CloudException(
                    CloudExit.FAILED,
                    backups.unreadable().containsKey(id)
                            ? "Backup " + id + " for server " + session.server() + " cannot be read"
                            : "Backup " + id + " for server " + session.server() + " does not exists");
        }
        return backup.get();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.args.ArgumentParser;
import dev.barman.args.ParsedArguments;
import dev.barman.args.UsageException;
import dev.barman.core.catalog.BackupId;
import dev.barman.core.catalog.BackupStatus;
import dev.barman.core.catalog.WalRemovalPlan.Cause;
import dev.barman.core.retention.RetentionPolicy;
import dev.barman.core.retention.RetentionReport;
import dev.barman.storage.cloud.CloudProvider;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Optional;

/** {@code barman-cloud-backup-delete}: deletes base backups in a bucket, and the WAL that nothing needs any more. */
public final class CloudBackupDeleteMain extends CloudCommand {
    static final String PROGRAM = "barman-cloud-backup-delete";

    private CloudBackupDeleteMain() {
        super(
                PROGRAM,
                "Barman cloud backup delete",
                "Deletes one backup in a bucket, or those that a retention policy does not need, and the WAL that nothing needs after that.");
    }

    /**
     * Runs the command and ends the virtual machine with its exit code.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
        new CloudBackupDeleteMain().end(args);
    }

    /**
     * Runs the command.
     *
     * @param args the command line
     * @param out for what a dry run would delete
     * @param err for messages
     * @return the exit code
     */
    public static int run(String[] args, PrintStream out, PrintStream err) {
        return new CloudBackupDeleteMain().execute(args, out, err);
    }

    static int run(String[] args, PrintStream out, PrintStream err, StoreOpener stores) {
        return new CloudBackupDeleteMain().execute(args, out, err, stores);
    }

    @Override
    void declare(ArgumentParser parser) {
        parser.option("BACKUP_ID", "the backup: an id, a name, first, last or last-failed", "-b", "--backup-id")
                .option(
                        "POLICY",
                        "REDUNDANCY n or RECOVERY WINDOW OF n {DAYS|WEEKS|MONTHS}: what it does not need is deleted",
                        "-r",
                        "--retention-policy")
                .exclusive("--backup-id", "--retention-policy")
                .option("NUMBER", "how many complete backups stay in any case", "-m", "--minimum-redundancy")
                .flag("only print what would be deleted", "--dry-run")
                .option("NUMBER", "how many objects are deleted with one request at most", "--batch-size")
                .flag("delete nothing of a backup of which an object is locked", "--check-object-lock");
    }

    /** What a provider allows in one request; asking for more has no effect. */
    private static int batchSize(ParsedArguments arguments) throws UsageException {
        int most = switch (CloudOptions.provider(arguments)) {
            case AWS_S3 -> 1000;
            case AZURE_BLOB_STORAGE -> 256;
            case GOOGLE_CLOUD_STORAGE -> 100;
        };
        return Math.max(1, Math.min(most, number(arguments, "--batch-size", "--batch-size", most)));
    }

    @Override
    Work prepare(ParsedArguments arguments) throws UsageException, CloudException {
        String word = arguments.value("--backup-id");
        String text = arguments.value("--retention-policy");
        int minimum = number(arguments, "-m/--minimum-redundancy", "--minimum-redundancy", 0);
        if (minimum < 0) {
            throw new UsageException(
                    "argument -m/--minimum-redundancy: '" + minimum + "' is not a valid non-negative integer");
        }
        int batch = batchSize(arguments);
        boolean dryRun = arguments.has("--dry-run");
        boolean locks = arguments.has("--check-object-lock");
        if (word != null) {
            return session -> cleaning(session, dryRun, new Run(session, batch, dryRun, locks, minimum).byId(word));
        }
        if (text == null) {
            throw new UsageException("one of the arguments -b/--backup-id -r/--retention-policy is required");
        }
        RetentionPolicy policy;
        try {
            policy = RetentionPolicy.parse(text);
        } catch (IllegalArgumentException e) {
            throw new CloudException(
                    CloudExit.USAGE,
                    "Could not create retention policy " + text + ": Cannot parse option retention_policy: " + text);
        }
        return session -> cleaning(session, dryRun, new Run(session, batch, dryRun, locks, minimum).byPolicy(policy));
    }

    /** What killed backups have left goes along with what is deleted. */
    private static int cleaning(CloudSession session, boolean dryRun, int code) {
        if (code == CloudExit.OK && !dryRun) {
            new KilledBackups(session, Instant.now()).clean();
        }
        return code;
    }

    private static int number(ParsedArguments arguments, String display, String option, int otherwise)
            throws UsageException {
        String text = arguments.value(option);
        if (text == null) {
            return otherwise;
        }
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new UsageException("argument " + display + ": invalid int value: '" + text + "'");
        }
    }

    /** One run of the command. */
    private static final class Run {
        private final CloudSession session;
        private final int minimum;
        private final CloudBackups backups;
        private final CloudBackupDeletion deletion;

        Run(CloudSession session, int batchSize, boolean dryRun, boolean checkLocks, int minimum)
                throws CloudException, IOException {
            this.session = session;
            this.minimum = minimum;
            if (checkLocks && session.location().provider() != CloudProvider.AWS_S3) {
                session.log().warning("--check-object-lock has no effect: only aws-s3 has object locks");
            }
            this.backups = session.load();
            if (!backups.unreadable().isEmpty()) {
                throw new CloudException(
                        CloudExit.FAILED,
                        "Cannot read the following backups: "
                                + backups.unreadable().keySet()
                                + ". Unsafe to proceed with deletion due to failure reading backup catalog");
            }
            this.deletion = new CloudBackupDeletion(session, backups, batchSize, dryRun, checkLocks);
        }

        int byId(String word) throws CloudException, IOException {
            BackupId id = backups.resolve(word);
            Optional<CloudBackup> backup = backups.find(id);
            if (backup.isEmpty()) {
                return deletion.deleteUnrecorded(id, Instant.now()) ? CloudExit.OK : CloudExit.FAILED;
            }
            if (backup.get().keep() != null) {
                throw new CloudException(CloudExit.FAILED, CloudBackupDeletion.keepRefusal(id, session.server()));
            }
            int current = backups.infos().redundancy();
            if (backup.get().info().status() == BackupStatus.DONE && minimum >= current) {
                throw new CloudException(
                        CloudExit.FAILED,
                        "Skipping delete of backup " + id + " for server " + session.server()
                                + " due to minimum redundancy requirements (minimum redundancy = " + minimum
                                + ", current redundancy = " + current + ")");
            }
            return deletion.delete(id, Cause.COMMAND) ? CloudExit.OK : CloudExit.FAILED;
        }

        int byPolicy(RetentionPolicy policy) throws IOException {
            RetentionReport report = RetentionReport.of(
                    policy,
                    session.server(),
                    minimum,
                    backups.infos().all(),
                    backups.keeps(),
                    Clock.system(ZoneId.systemDefault()));
            int code = CloudExit.OK;
            for (BackupId id : report.obsolete()) {
                if (!deletion.delete(id, Cause.RETENTION)) {
                    code = CloudExit.FAILED;
                }
            }
            return code;
        }
    }
}

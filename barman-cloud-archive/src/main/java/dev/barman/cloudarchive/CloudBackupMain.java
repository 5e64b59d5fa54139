// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.args.ArgumentParser;
import dev.barman.args.ParsedArguments;
import dev.barman.args.UsageException;
import dev.barman.core.postgres.ConcurrentBackup;
import dev.barman.core.postgres.PostgresEnvironment;
import dev.barman.core.signal.TerminationSignals;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Map;

/**
 * {@code barman-cloud-backup}: stores a base backup of the PostgreSQL on this host in a bucket; or, as a hook script of Barman, the backup that Barman has
 * just made.
 */
public final class CloudBackupMain extends CloudCommand {
    static final String PROGRAM = "barman-cloud-backup";

    private static final long MIB = 1L << 20;

    private final Map<String, String> environment;

    private CloudBackupMain(Map<String, String> environment) {
        super(
                PROGRAM,
                "Barman cloud backup",
                "Stores a base backup of a running PostgreSQL in a bucket. Runs on PostgreSQL's host, as the user who may read its files."
                        + " Or, as post_backup_script or post_backup_retry_script of Barman, stores the backup that was just made.");
        this.environment = environment;
    }

    /**
     * Runs the command and ends the virtual machine with its exit code.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
        new CloudBackupMain(System.getenv()).end(args);
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
        return new CloudBackupMain(System.getenv()).execute(args, out, err);
    }

    static int run(
            String[] args, Map<String, String> environment, PrintStream out, PrintStream err, StoreOpener stores) {
        return new CloudBackupMain(environment).execute(args, out, err, stores);
    }

    @Override
    String urlArgument() {
        return "DESTINATION_URL";
    }

    @Override
    void declare(ArgumentParser parser) {
        CloudBackupOptions.declare(parser);
    }

    @Override
    Work prepare(ParsedArguments arguments) throws UsageException, CloudException {
        boolean hook = HookBackup.isHook(environment);
        CloudBackupOptions options = CloudBackupOptions.of(arguments, hook);
        return session -> {
            checkMemory(options.upload());
            if (options.archiveSizeCapped()) {
                session.log().warning("--max-archive-size is limited to " + UploadOptions.MAX_ARCHIVE_BYTES + " bytes");
            }
            if (hook) {
                HookBackup.check(environment);
            }
            try (TerminationSignals signals = TerminationSignals.install()) {
                int code = hook
                        ? HookBackup.run(session, options.upload(), environment, signals)
                        : backup(session, options, signals);
                if (code == CloudExit.OK && signals.received().isEmpty()) {
                    new KilledBackups(session, Instant.now()).clean();
                }
                return code;
            }
        };
    }

    private static int backup(CloudSession session, CloudBackupOptions options, TerminationSignals signals)
            throws CloudException, IOException {
        try (ConcurrentBackup backup = new ConcurrentBackup(options.connInfo(), PostgresEnvironment.ofProcess())) {
            return CloudBackupRun.run(session, options, backup, signals, Clock.system(ZoneId.systemDefault()));
        }
    }

    /** Better now than after hours. */
    private static void checkMemory(UploadOptions upload) throws CloudException {
        long available = Runtime.getRuntime().maxMemory();
        if (upload.bufferBytes() > available / 4 * 3) {
            throw new CloudException(
                    CloudExit.OTHER,
                    "The parts being sent need " + upload.bufferBytes() / MIB + " MiB of memory, and Java may use "
                            + available / MIB
                            + ": ask for fewer --jobs or a smaller --max-archive-size or --min-chunk-size, or let Java have"
                            + " more with -Xmx in BARMAN_JAVA_OPTS");
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.Tablespace;
import dev.barman.core.recovery.RecoveryStep.Tree;
import dev.barman.wal.catalog.WalEntry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides what a restore does. Pure: it looks at nothing but its arguments.
 *
 * <p>The order of the steps and the texts written are Barman's.
 */
public final class RecoveryPlanner {
    /** The release that moved recovery settings into the ordinary configuration and introduced signal files. */
    private static final int SIGNAL_FILES = 120000;

    private static final int AUTO_CONF = 90400;
    private static final int PG_WAL = 100000;

    private final Input input;
    private final BackupInfo backup;
    private final RecoverySettings settings;
    private final Path destination;
    private final int version;
    private final Path walDirectory;

    private RecoveryPlanner(Input input) {
        this.input = input;
        this.backup = input.backup();
        this.settings = input.settings();
        this.destination = input.destination();
        Integer known = backup.version();
        this.version = known == null ? SIGNAL_FILES : known;
        this.walDirectory = walDirectory(input, version);
    }

    /**
     * What a plan is made of.
     *
     * @param serverName the server
     * @param barmanUser the user that {@code get-wal} runs as
     * @param backup the backup
     * @param backupDirectory its directory in the catalogue
     * @param destination the data directory to be, absolute
     * @param relocations new locations of tablespaces by name, absolute
     * @param settings where recovery ends
     * @param getWal whether PostgreSQL fetches the WAL itself
     * @param stagingWalDirectory where the WAL of a point-in-time recovery goes, absolute; null for {@code barman_wal}
     *     in the destination
     * @param recoveryFile the file for recovery settings, relative to the destination
     * @param wals the WAL files that are needed, empty with {@code getWal}
     */
    public record Input(
            String serverName,
            String barmanUser,
            BackupInfo backup,
            Path backupDirectory,
            Path destination,
            Map<String, Path> relocations,
            RecoverySettings settings,
            boolean getWal,
            @Nullable Path stagingWalDirectory,
            String recoveryFile,
            List<WalEntry> wals) {
        /** Copies the collections and checks the paths. */
        public Input {
            relocations = Map.copyOf(relocations);
            wals = List.copyOf(wals);
            if (!destination.isAbsolute()) {
                throw new IllegalArgumentException("destination is not absolute: " + destination);
            }
        }
    }

    /** Makes the plan. */
    public static RecoveryPlan plan(Input input) {
        return new RecoveryPlanner(input).plan();
    }

    /** Returns where the restored WAL files go. */
    static Path walDirectory(Input input, int version) {
        Path staging = input.stagingWalDirectory();
        if (!input.settings().pointInTime()) {
            return input.destination().resolve(version < PG_WAL ? "pg_xlog" : "pg_wal");
        }
        return staging == null ? input.destination().resolve("barman_wal") : staging;
    }

    private RecoveryPlan plan() {
        List<RecoveryStep> steps = new ArrayList<>();
        List<String> lines = recoveryLines();
        boolean recovers = settings.pointInTime() || input.getWal() || settings.standby();
        baseBackup(steps);
        steps.add(new RecoveryStep.RecordOrigin(backup, destination));
        if (!input.getWal()) {
            steps.add(new RecoveryStep.CopyWals(
                    input.wals(), walDirectory, backup.xlogSegmentSize().bytes()));
            if (!settings.pointInTime()) {
                steps.add(new RecoveryStep.MarkArchived(input.wals(), walDirectory));
            }
        }
        if (recovers) {
            steps.add(requestRecovery(lines));
        }
        steps.add(new RecoveryStep.CreateArchiveStatus(walDirectory));
        steps.add(adjustConfiguration(version < SIGNAL_FILES ? List.of() : lines));
        steps.add(new RecoveryStep.Synchronize(written()));
        return new RecoveryPlan(steps);
    }

    private void baseBackup(List<RecoveryStep> steps) {
        List<Tree> trees = new ArrayList<>();
        String compression = backup.compression();
        for (Tablespace tablespace : backup.tablespaces()) {
            String oid = Long.toString(tablespace.oid());
            Path source = compression == null
                    ? input.backupDirectory().resolve(oid)
                    : data().resolve(oid + archiveSuffix(compression));
            trees.add(new Tree(source, location(tablespace), Set.of()));
        }
        if (compression == null) {
            Set<String> leftOut = new HashSet<>(Set.of(
                    "pg_log/", "log/", "pg_xlog/", "pg_wal/", "postmaster.pid", "recovery.conf", "tablespace_map"));
            for (Tablespace tablespace : backup.tablespaces()) {
                leftOut.add("pg_tblspc/" + tablespace.oid());
            }
            trees.add(new Tree(data(), destination, leftOut));
            steps.add(new RecoveryStep.CopyTrees(trees));
        } else {
            Path base = data().resolve("base" + archiveSuffix(compression));
            trees.add(new Tree(base, destination, Set.of("recovery.conf", "tablespace_map")));
            steps.add(new RecoveryStep.UnpackArchives(trees, compression));
        }
        for (Tablespace tablespace : backup.tablespaces()) {
            steps.add(new RecoveryStep.LinkTablespace(
                    tablespace.oid(),
                    tablespace.name(),
                    location(tablespace),
                    destination.resolve("pg_tblspc").resolve(Long.toString(tablespace.oid()))));
        }
    }

    private Path data() {
        return input.backupDirectory().resolve("data");
    }

    private Path location(Tablespace tablespace) {
        Path moved = input.relocations().get(tablespace.name());
        return moved != null ? moved : Path.of(tablespace.location());
    }

    /** Returns how the name of an archive of a compressed backup ends. */
    static String archiveSuffix(String compression) {
        return switch (compression) {
            case "gzip" -> ".tar.gz";
            case "lz4" -> ".tar.lz4";
            case "zstd" -> ".tar.zst";
            default -> ".tar";
        };
    }

    private List<String> recoveryLines() {
        List<String> lines = new ArrayList<>();
        if (input.getWal()) {
            lines.add("# The 'barman get-wal' command must run as '" + input.barmanUser() + "' user");
            lines.add("restore_command = "
                    + PostgresConfRewriter.quote("barman get-wal " + (settings.standby() ? "" : "-P") + " "
                            + input.serverName() + " %f > %p"));
        } else if (settings.pointInTime() && !settings.standby()) {
            String directory = shellWord(walDirectory.toString());
            lines.add("restore_command = " + PostgresConfRewriter.quote("cp " + directory + "/%f %p"));
            lines.add("recovery_end_command = " + PostgresConfRewriter.quote("rm -fr " + directory));
        }
        lines.addAll(settings.lines(version));
        return lines;
    }

    /** Quotes a path for the shell where it needs to be; a percent sign is doubled, as PostgreSQL would expand it. */
    private static String shellWord(String path) {
        boolean plain = true;
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            plain &= Character.isLetterOrDigit(c) || "/._-+=:@,%".indexOf(c) >= 0;
        }
        String word = plain ? path : "'" + path.replace("'", "'\\''") + "'";
        return word.replace("%", "%%");
    }

    private RecoveryStep requestRecovery(List<String> lines) {
        if (version < SIGNAL_FILES) {
            List<String> content = new ArrayList<>(lines);
            if (settings.standby()) {
                content.add("standby_mode = 'on'");
            }
            return new RecoveryStep.RequestRecovery(destination, "recovery.conf", content);
        }
        return new RecoveryStep.RequestRecovery(
                destination, settings.standby() ? "standby.signal" : "recovery.signal", List.of());
    }

    private RecoveryStep adjustConfiguration(List<String> lines) {
        List<String> rewritten = new ArrayList<>(List.of("postgresql.conf"));
        if (version >= AUTO_CONF) {
            rewritten.add("postgresql.auto.conf");
        }
        return new RecoveryStep.AdjustConfiguration(
                destination, rewritten, List.of("pg_hba.conf", "pg_ident.conf"), input.recoveryFile(), lines);
    }

    private List<Path> written() {
        List<Path> written = new ArrayList<>(List.of(destination));
        for (Tablespace tablespace : backup.tablespaces()) {
            written.add(location(tablespace));
        }
        if (!walDirectory.startsWith(destination)) {
            written.add(walDirectory);
        }
        return written;
    }
}

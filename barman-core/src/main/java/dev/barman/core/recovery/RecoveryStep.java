// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import dev.barman.core.catalog.BackupInfo;
import dev.barman.wal.catalog.WalEntry;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** One step of a restore, complete in itself. Immutable. */
public sealed interface RecoveryStep {
    /** Returns the step in one line of plain words. */
    String describe();

    /**
     * Copies directories of the backup.
     *
     * @param trees what goes where
     */
    record CopyTrees(List<Tree> trees) implements RecoveryStep {
        /** Copies the list. */
        public CopyTrees {
            trees = List.copyOf(trees);
        }

        @Override
        public String describe() {
            return "copy " + Tree.describe(trees);
        }
    }

    /**
     * Unpacks tar archives of the backup.
     *
     * @param archives what goes where
     * @param compression the backup's compression: {@code gzip}, {@code lz4}, {@code zstd} or {@code none}
     */
    record UnpackArchives(List<Tree> archives, String compression) implements RecoveryStep {
        /** Copies the list. */
        public UnpackArchives {
            archives = List.copyOf(archives);
        }

        @Override
        public String describe() {
            return "unpack (" + compression + ") " + Tree.describe(archives);
        }
    }

    /**
     * A source and where it goes.
     *
     * @param source a directory or an archive
     * @param target the directory that gets its content
     * @param leftOut paths relative to the source that are not wanted; a path that ends in {@code /} keeps the directory
     *     itself but nothing in it
     */
    record Tree(Path source, Path target, Set<String> leftOut) {
        /** Copies the set. */
        public Tree {
            leftOut = Set.copyOf(leftOut);
        }

        private static String describe(List<Tree> trees) {
            StringBuilder out = new StringBuilder();
            for (Tree tree : trees) {
                out.append(out.length() == 0 ? "" : ", ")
                        .append(tree.source())
                        .append(" to ")
                        .append(tree.target());
            }
            return out.toString();
        }
    }

    /**
     * Links a tablespace into the data directory.
     *
     * @param oid the tablespace's object id
     * @param name its name
     * @param location where its files are
     * @param link the link in {@code pg_tblspc}
     */
    record LinkTablespace(long oid, String name, Path location, Path link) implements RecoveryStep {
        @Override
        public String describe() {
            return "link tablespace " + name + ": " + link + " to " + location;
        }
    }

    /**
     * Leaves the backup's metadata in the data directory and renames its manifest, which does not describe the restored
     * directory any more.
     *
     * @param backup the metadata
     * @param dataDirectory the restored data directory
     */
    record RecordOrigin(BackupInfo backup, Path dataDirectory) implements RecoveryStep {
        @Override
        public String describe() {
            return "record the origin, backup " + backup.id() + ", in " + dataDirectory;
        }
    }

    /**
     * Copies WAL files from the archive, decrypted and decompressed.
     *
     * @param wals which
     * @param target the directory that gets them, created when missing
     * @param segmentBytes the size of a whole segment
     */
    record CopyWals(List<WalEntry> wals, Path target, long segmentBytes) implements RecoveryStep {
        /** Copies the list. */
        public CopyWals {
            wals = List.copyOf(wals);
        }

        @Override
        public String describe() {
            return "copy " + wals.size() + " WAL files to " + target;
        }
    }

    /**
     * Tells PostgreSQL that WAL files are archived already.
     *
     * @param wals which
     * @param walDirectory the directory that holds them
     */
    record MarkArchived(List<WalEntry> wals, Path walDirectory) implements RecoveryStep {
        /** Copies the list. */
        public MarkArchived {
            wals = List.copyOf(wals);
        }

        @Override
        public String describe() {
            return "mark " + wals.size() + " WAL files in " + walDirectory + " as archived";
        }
    }

    /**
     * Makes PostgreSQL recover when it starts.
     *
     * @param dataDirectory the restored data directory
     * @param fileName the file to write: an empty signal file, or {@code recovery.conf}
     * @param lines its content
     */
    record RequestRecovery(Path dataDirectory, String fileName, List<String> lines) implements RecoveryStep {
        /** Copies the list. */
        public RequestRecovery {
            lines = List.copyOf(lines);
        }

        @Override
        public String describe() {
            return "write " + dataDirectory.resolve(fileName) + (lines.isEmpty() ? "" : ": " + lines);
        }
    }

    /** Creates {@code archive_status} in the directory of restored WAL files. */
    record CreateArchiveStatus(Path walDirectory) implements RecoveryStep {
        @Override
        public String describe() {
            return "create " + walDirectory.resolve("archive_status");
        }
    }

    /**
     * Makes the restored configuration files safe, appends recovery settings and notes what needs a person's attention.
     *
     * @param dataDirectory the restored data directory
     * @param rewritten the files to rewrite
     * @param expected further files that a cluster needs
     * @param recoveryFile the file that gets the lines
     * @param lines recovery settings; may be empty
     */
    record AdjustConfiguration(
            Path dataDirectory, List<String> rewritten, List<String> expected, String recoveryFile, List<String> lines)
            implements RecoveryStep {
        /** Copies the lists. */
        public AdjustConfiguration {
            rewritten = List.copyOf(rewritten);
            expected = List.copyOf(expected);
            lines = List.copyOf(lines);
        }

        @Override
        public String describe() {
            return "adjust " + rewritten + " in " + dataDirectory + (lines.isEmpty() ? "" : ", append " + lines);
        }
    }

    /** Makes everything below directories durable. */
    record Synchronize(List<Path> directories) implements RecoveryStep {
        /** Copies the list. */
        public Synchronize {
            directories = List.copyOf(directories);
        }

        @Override
        public String describe() {
            return "make durable " + directories;
        }
    }
}

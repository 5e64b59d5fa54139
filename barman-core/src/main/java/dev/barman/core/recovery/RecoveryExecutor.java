// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import dev.barman.core.RecoveryException;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.BackupInfoFormat;
import dev.barman.core.message.Messages;
import dev.barman.core.recovery.PostgresConfRewriter.Rewritten;
import dev.barman.core.recovery.RecoveryStep.Tree;
import dev.barman.file.Fsync;
import dev.barman.file.IoReason;
import dev.barman.wal.WalFileName;
import dev.barman.wal.catalog.WalEntry;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Carries a plan out, step by step, on this host. For one use; not thread-safe. */
public final class RecoveryExecutor {
    private static final int WAL_THREADS = 2;

    private final Messages messages;
    private final WalDelivery delivery;
    private final int threads;

    private final List<ConfigurationNote> changes = new ArrayList<>();
    private final List<ConfigurationNote> warnings = new ArrayList<>();
    private final List<String> missingFiles = new ArrayList<>();

    /**
     * What a person has to know about the restored configuration.
     *
     * @param changes settings that were changed
     * @param warnings settings that may point outside the restored cluster
     * @param missingFiles configuration files that the backup does not have
     */
    public record Outcome(
            List<ConfigurationNote> changes, List<ConfigurationNote> warnings, List<String> missingFiles) {
        /** Copies the lists. */
        public Outcome {
            changes = List.copyOf(changes);
            warnings = List.copyOf(warnings);
            missingFiles = List.copyOf(missingFiles);
        }
    }

    /**
     * An executor.
     *
     * @param threads how many files are copied at the same time
     */
    public RecoveryExecutor(Messages messages, WalDelivery delivery, int threads) {
        this.messages = messages;
        this.delivery = delivery;
        this.threads = threads;
    }

    /**
     * Carries the plan out.
     *
     * @throws RecoveryException when a step fails; what was written until then stays where it is
     * @throws InterruptedException when the thread is interrupted
     */
    public Outcome execute(RecoveryPlan plan) throws RecoveryException, InterruptedException {
        for (RecoveryStep step : plan.steps()) {
            try {
                execute(step);
            } catch (InterruptedIOException e) {
                throw new InterruptedException(e.getMessage());
            } catch (IOException e) {
                throw new RecoveryException("Cannot " + summary(step) + ": " + IoReason.of(e), e);
            }
        }
        return new Outcome(changes, warnings, missingFiles);
    }

    private static String summary(RecoveryStep step) {
        String description = step.describe();
        return description.length() <= 200 ? description : description.substring(0, 200) + "...";
    }

    private void execute(RecoveryStep step) throws RecoveryException, IOException {
        if (step instanceof RecoveryStep.CopyTrees copy) {
            copyTrees(copy);
        } else if (step instanceof RecoveryStep.UnpackArchives unpack) {
            unpackArchives(unpack);
        } else if (step instanceof RecoveryStep.LinkTablespace link) {
            linkTablespace(link);
        } else if (step instanceof RecoveryStep.RecordOrigin origin) {
            recordOrigin(origin);
        } else if (step instanceof RecoveryStep.CopyWals copy) {
            copyWals(copy);
        } else if (step instanceof RecoveryStep.MarkArchived mark) {
            markArchived(mark);
        } else if (step instanceof RecoveryStep.RequestRecovery request) {
            requestRecovery(request);
        } else if (step instanceof RecoveryStep.CreateArchiveStatus create) {
            Files.createDirectories(create.walDirectory().resolve("archive_status"));
        } else if (step instanceof RecoveryStep.AdjustConfiguration adjust) {
            adjustConfiguration(adjust);
        } else if (step instanceof RecoveryStep.Synchronize synchronize) {
            synchronize(synchronize);
        }
    }

    private void copyTrees(RecoveryStep.CopyTrees step) throws RecoveryException, InterruptedIOException {
        messages.info("Copying the base backup.");
        prepareTargets(step.trees());
        try {
            TreeCopier.copy(step.trees(), threads);
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            throw new RecoveryException("Failure copying base backup: data transfer failure\n" + IoReason.of(e), e);
        }
    }

    private static void prepareTargets(List<Tree> trees) throws RecoveryException {
        for (Tree tree : trees) {
            RestoredDirectories.prepare(tree.target());
        }
    }

    private void unpackArchives(RecoveryStep.UnpackArchives step) throws RecoveryException {
        messages.info("Copying the base backup.");
        prepareTargets(step.archives());
        for (Tree archive : step.archives()) {
            try {
                Files.setPosixFilePermissions(archive.target(), RestoredDirectories.PRIVATE);
                TarUnpacker.unpack(archive, step.compression());
            } catch (IOException e) {
                throw new RecoveryException(
                        "Error decompressing " + archive.source() + " into " + archive.target() + ": " + IoReason.of(e),
                        e);
            }
        }
    }

    private void linkTablespace(RecoveryStep.LinkTablespace step) throws RecoveryException {
        try {
            Path parent = step.link().getParent();
            if (parent != null) {
                RestoredDirectories.create(parent);
            }
            Files.deleteIfExists(step.link());
            Files.createSymbolicLink(step.link(), step.location());
        } catch (IOException e) {
            throw new RecoveryException(
                    "unable to prepare '" + step.name() + "' tablespace (destination '" + step.location() + "'): "
                            + IoReason.of(e),
                    e);
        }
        messages.info("\t" + step.oid() + ", " + step.name() + ", " + step.location());
    }

    private static void recordOrigin(RecoveryStep.RecordOrigin step) throws RecoveryException, IOException {
        BackupInfo backup = step.backup();
        Path directory = step.dataDirectory();
        // pg_basebackup writes it last: an archive that was cut between two of its files lacks it.
        if (!Files.exists(directory.resolve("global/pg_control"))) {
            throw new RecoveryException("Backup " + backup.id() + " is incomplete: it has no global/pg_control, without"
                    + " which PostgreSQL cannot start on '" + directory + "'.\nHINT: Restore another backup.");
        }
        Files.writeString(directory.resolve(".barman-recover.info"), BackupInfoFormat.format(backup));
        Path manifest = directory.resolve("backup_manifest");
        if (Files.exists(manifest, LinkOption.NOFOLLOW_LINKS)) {
            Files.move(manifest, directory.resolve("backup_manifest." + backup.id()));
        }
    }

    private void copyWals(RecoveryStep.CopyWals step) throws RecoveryException, InterruptedIOException {
        messages.info("Copying required WAL segments.");
        List<WalEntry> wals = step.wals();
        delivery.requireReadable(wals);
        try {
            RestoredDirectories.create(step.target());
        } catch (IOException e) {
            throw new RecoveryException(
                    "unable to initialise WAL destination directory '" + step.target() + "': " + IoReason.of(e), e);
        }
        try {
            ParallelWork.run("wal", Math.max(threads, WAL_THREADS), wals.size(), index -> {
                WalEntry wal = wals.get(index);
                long size = delivery.deliver(wal, step.target());
                if (size != step.segmentBytes() && WalFileName.isSegment(wal.name())) {
                    messages.warning("WAL file " + wal.name() + " has " + size + " bytes instead of "
                            + step.segmentBytes() + ": PostgreSQL cannot replay it completely.");
                }
            });
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            throw new RecoveryException(
                    "Failure copying WAL files: data transfer failure while copying WAL files to directory '"
                            + step.target() + "'\n" + IoReason.of(e),
                    e);
        }
    }

    private void markArchived(RecoveryStep.MarkArchived step) throws RecoveryException {
        messages.info("Generating archive status files");
        Path status = step.walDirectory().resolve("archive_status");
        try {
            Files.createDirectories(status);
            for (WalEntry wal : step.wals()) {
                Files.write(status.resolve(wal.name() + ".done"), new byte[0]);
            }
        } catch (IOException e) {
            throw new RecoveryException("unable to populate archive_status directory: " + IoReason.of(e), e);
        }
    }

    private void requestRecovery(RecoveryStep.RequestRecovery step) throws IOException {
        messages.info("Generating recovery configuration");
        // A backup of a standby holds its signal file; it would outweigh the recovery that is asked for.
        Files.deleteIfExists(step.dataDirectory().resolve("standby.signal"));
        Files.deleteIfExists(step.dataDirectory().resolve("recovery.signal"));
        StringBuilder content = new StringBuilder();
        for (String line : step.lines()) {
            content.append(line).append('\n');
        }
        Files.writeString(step.dataDirectory().resolve(step.fileName()), content);
    }

    private void adjustConfiguration(RecoveryStep.AdjustConfiguration step) throws IOException {
        messages.info("Identify dangerous settings in destination directory.");
        Path directory = step.dataDirectory();
        List<String> files = new ArrayList<>(step.rewritten());
        if (!step.lines().isEmpty() && !files.contains(step.recoveryFile())) {
            files.add(step.recoveryFile());
        }
        for (String name : files) {
            boolean recoveryFile = name.equals(step.recoveryFile());
            List<String> appended = recoveryFile ? step.lines() : List.of();
            Path file = directory.resolve(name);
            if (Files.exists(file)) {
                rewrite(file, name, appended);
            } else {
                if (step.rewritten().contains(name)) {
                    missingFiles.add(name);
                }
                if (!appended.isEmpty()) {
                    Rewritten fresh = PostgresConfRewriter.rewrite(name, "", appended);
                    Files.writeString(file, fresh.text(), StandardCharsets.ISO_8859_1);
                    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
                }
            }
        }
        for (String name : step.expected()) {
            if (!Files.exists(directory.resolve(name))) {
                missingFiles.add(name);
            }
        }
    }

    private void rewrite(Path file, String name, List<String> appended) throws IOException {
        // Byte for byte: whatever the encoding, a line is found by its ASCII characters.
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        Set<PosixFilePermission> mode = Files.getPosixFilePermissions(file);
        Rewritten rewritten = PostgresConfRewriter.rewrite(name, text, appended);
        Path fileName = file.getFileName();
        Files.move(file, file.resolveSibling(fileName + ".origin"), StandardCopyOption.REPLACE_EXISTING);
        Files.writeString(file, rewritten.text(), StandardCharsets.ISO_8859_1);
        Files.setPosixFilePermissions(file, mode);
        changes.addAll(rewritten.changes());
        warnings.addAll(rewritten.dangers());
    }

    private void synchronize(RecoveryStep.Synchronize step) throws IOException {
        List<Path> paths = new ArrayList<>();
        for (Path directory : step.directories()) {
            Files.walkFileTree(directory, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    if (attributes.isRegularFile()) {
                        paths.add(file);
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(
                        Path visited, java.io.@org.jspecify.annotations.Nullable IOException failure)
                        throws IOException {
                    paths.add(visited);
                    return super.postVisitDirectory(visited, failure);
                }
            });
            Path parent = directory.getParent();
            if (parent != null && Files.isReadable(parent)) {
                paths.add(parent);
            }
        }
        ParallelWork.run("fsync", Math.max(threads, WAL_THREADS), paths.size(), index -> Fsync.file(paths.get(index)));
    }
}

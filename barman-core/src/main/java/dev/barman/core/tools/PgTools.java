// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.tools;

import dev.barman.process.Command;
import dev.barman.process.CommandResult;
import dev.barman.process.CommandRunner;
import dev.barman.process.ExecutableSearch;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds PostgreSQL's client programs: in {@code path_prefix}, in {@code PATH}, and at last where distributions keep them
 * apart by version, the newest first. A program that does not answer {@code --version} is skipped, as Debian's wrappers
 * without a client behind them. Immutable; every call looks again.
 */
public final class PgTools {

    private static final Logger LOG = LoggerFactory.getLogger(PgTools.class);

    private static final List<Path> DISTRIBUTION_DIRECTORIES = List.of(Path.of("/usr/lib/postgresql"));

    private final ExecutableSearch search;
    private final List<Path> distributionDirectories;

    private PgTools(ExecutableSearch search, List<Path> distributionDirectories) {
        this.search = search;
        this.distributionDirectories = distributionDirectories;
    }

    /**
     * The programs of a server.
     *
     * @param pathPrefix the option {@code path_prefix}: directories separated by colons, or null
     */
    public static PgTools of(@Nullable String pathPrefix) {
        return new PgTools(ExecutableSearch.of(pathPrefix), DISTRIBUTION_DIRECTORIES);
    }

    static PgTools of(ExecutableSearch search, List<Path> distributionDirectories) {
        return new PgTools(search, List.copyOf(distributionDirectories));
    }

    /** The searched directories, to be given to programs as {@code PATH}. */
    public String path() {
        return search.path();
    }

    /** {@code pg_basebackup}. */
    public Optional<PgTool> baseBackup() {
        return find("pg_basebackup");
    }

    /** {@code pg_receivewal}, or {@code pg_receivexlog} of a client older than 10. */
    public Optional<PgTool> receiveWal() {
        return find("pg_receivewal", "pg_receivexlog");
    }

    /** {@code pg_combinebackup}. */
    public Optional<PgTool> combineBackup() {
        return find("pg_combinebackup");
    }

    private Optional<PgTool> find(String... names) {
        for (String name : names) {
            for (Path candidate : search.findAll(name)) {
                Optional<PgTool> tool = probe(candidate);
                if (tool.isPresent()) {
                    return tool;
                }
            }
        }
        for (String name : names) {
            PgTool newest = null;
            for (Path candidate : ofDistribution(name)) {
                PgTool tool = probe(candidate).orElse(null);
                if (tool != null && (newest == null || tool.version().compareTo(newest.version()) > 0)) {
                    newest = tool;
                }
            }
            if (newest != null) {
                return Optional.of(newest);
            }
        }
        return Optional.empty();
    }

    private List<Path> ofDistribution(String name) {
        List<Path> found = new ArrayList<>();
        for (Path directory : distributionDirectories) {
            if (!Files.isDirectory(directory)) {
                continue;
            }
            try (DirectoryStream<Path> versions = Files.newDirectoryStream(directory)) {
                for (Path version : versions) {
                    Path program = version.resolve("bin").resolve(name);
                    if (Files.isExecutable(program)) {
                        found.add(program);
                    }
                }
            } catch (IOException | DirectoryIteratorException e) {
                LOG.debug("cannot list {}: {}", directory, e.getMessage());
            }
        }
        found.sort(Comparator.naturalOrder());
        return found;
    }

    private static Optional<PgTool> probe(Path program) {
        try {
            CommandResult answer = CommandRunner.run(Command.of(program.toString(), "--version"));
            if (!answer.succeeded()) {
                LOG.debug("skipping {}: --version gives exit status {}", program, answer.exitCode());
                return Optional.empty();
            }
            Optional<ToolVersion> version = ToolVersion.parseAnswer(answer.stdout());
            if (version.isEmpty()) {
                LOG.debug(
                        "skipping {}: no version in \"{}\"",
                        program,
                        answer.stdout().strip());
            }
            return version.map(v -> new PgTool(program, v));
        } catch (IOException e) {
            LOG.debug("skipping {}: {}", program, e.getMessage());
            return Optional.empty();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.tools;

import dev.barman.core.config.BackupCompressionConfig;
import dev.barman.core.postgres.PostgresVersion;
import java.util.ArrayList;
import java.util.List;

/**
 * Which values of the options {@code backup_compression*} go together, with a {@code pg_basebackup} and a server of given versions.
 * Rules and texts are Barman's. Stateless.
 */
public final class BackupCompressionRules {
    private static final int DETAILED = 15;

    private BackupCompressionRules() {}

    /**
     * Looks for what {@code pg_basebackup} would refuse, or do other than it is meant.
     *
     * @return a sentence for each problem, naming the option; empty when there is none
     */
    public static List<String> problems(BackupCompressionConfig options, ToolVersion client, PostgresVersion server) {
        List<String> problems = new ArrayList<>();
        boolean detailed = client.isAtLeast(DETAILED, 0);
        boolean onServer = "server".equals(options.location());
        if (onServer && !detailed) {
            problems.add("backup_compression_location = server requires pg_basebackup 15 or greater");
        }
        if (onServer && !server.isAtLeast(DETAILED)) {
            problems.add("backup_compression_location = server requires PostgreSQL 15 or greater");
        }
        if ("plain".equals(options.format()) && !onServer) {
            problems.add("backup_compression_format plain is not compatible with backup_compression_location "
                    + (options.location() == null ? "None" : options.location()));
        }
        switch (options.algorithm()) {
            case "gzip" -> gzip(options, detailed, problems);
            case "lz4" -> lz4(options, detailed, problems);
            case "zstd" -> zstd(options, detailed, problems);
            default -> none(options, problems);
        }
        return List.copyOf(problems);
    }

    private static void gzip(BackupCompressionConfig options, boolean detailed, List<String> problems) {
        Integer level = options.level();
        int lowest = detailed ? 1 : -1;
        if (level != null && level != -1 && (level < lowest || level > 9)) {
            problems.add(level(level, "gzip", lowest + " and 9 (-1 will use default compression level).")
                    + (level == 0
                            ? "\nIf you need to create an archive not compressed, you should set `backup_compression = none`."
                            : ""));
        }
        refuseWorkers(options, "gzip", problems);
    }

    private static void lz4(BackupCompressionConfig options, boolean detailed, List<String> problems) {
        requireDetailed("lz4", detailed, problems);
        Integer level = options.level();
        if (level != null && (level < 0 || level > 12)) {
            problems.add(level(level, "lz4", "1 and 12 (0 will use default compression level)."));
        }
        refuseWorkers(options, "lz4.", problems);
    }

    private static void zstd(BackupCompressionConfig options, boolean detailed, List<String> problems) {
        requireDetailed("zstd", detailed, problems);
        Integer level = options.level();
        if (level != null && (level < -131_072 || level > 22)) {
            problems.add(level(level, "'zstd'", "-131072 and 22 (3 will use default compression level)."));
        }
        Integer workers = options.workers();
        if (workers != null && workers < 0) {
            problems.add("backup_compression_workers should be a positive integer: '" + workers + "' is invalid.");
        }
    }

    private static void none(BackupCompressionConfig options, List<String> problems) {
        Integer level = options.level();
        if (level != null && level != 0) {
            problems.add("backup_compression none only supports backup_compression_level 0.");
        }
        refuseWorkers(options, "'none'.", problems);
    }

    private static void requireDetailed(String algorithm, boolean detailed, List<String> problems) {
        if (!detailed) {
            problems.add("backup_compression = " + algorithm + " requires pg_basebackup 15 or greater");
        }
    }

    private static void refuseWorkers(BackupCompressionConfig options, String algorithm, List<String> problems) {
        if (options.workers() != null) {
            problems.add("backup_compression_workers is not compatible with compression " + algorithm);
        }
    }

    private static String level(int level, String algorithm, String range) {
        return "backup_compression_level " + level + " unsupported by compression algorithm. " + algorithm
                + " expects a compression level between " + range;
    }
}

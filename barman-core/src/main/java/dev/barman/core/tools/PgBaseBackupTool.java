// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.tools;

import dev.barman.core.catalog.Tablespace;
import dev.barman.core.config.BackupCompressionConfig;
import dev.barman.core.postgres.ConnInfo;
import dev.barman.process.Command;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The words {@code pg_basebackup} is called with. Stateless. */
public final class PgBaseBackupTool {

    private PgBaseBackupTool() {}

    /**
     * One base backup.
     *
     * @param dsn where to connect
     * @param backupDirectory the backup's directory; {@code data} and one directory per tablespace are below it
     * @param tablespaces the tablespaces outside the data directory
     * @param maxRateKiBPerSecond the bandwidth limit; 0 for none
     * @param fastCheckpoint whether to ask for an immediate checkpoint
     * @param parentManifest the parent's manifest, for an incremental backup
     * @param compression how to compress, or null for plain files
     */
    public record Request(
            ConnInfo.ToolDsn dsn,
            Path backupDirectory,
            List<Tablespace> tablespaces,
            long maxRateKiBPerSecond,
            boolean fastCheckpoint,
            @Nullable Path parentManifest,
            @Nullable BackupCompressionConfig compression) {
        public Request {
            tablespaces = List.copyOf(tablespaces);
        }
    }

    /**
     * The command. It asks for no password and takes no WAL: the WAL comes from the archive. Its messages are not
     * translated, since they are read.
     *
     * @param tool the program; the words depend on its version
     * @param path the {@code PATH} it gets
     */
    public static Command command(PgTool tool, Request request, String path) {
        List<String> argv = new ArrayList<>();
        argv.add(tool.path().toString());
        argv.add("--dbname=" + request.dsn().dsn());
        argv.add("-v");
        argv.add("--no-password");
        argv.add("--pgdata=" + request.backupDirectory().resolve("data"));
        if (tool.version().isAtLeast(10, 0)) {
            argv.add("--no-slot");
            argv.add("--wal-method=none");
        }
        for (Tablespace tablespace : request.tablespaces()) {
            argv.add("--tablespace-mapping=" + escapeEquals(tablespace.location()) + "="
                    + escapeEquals(request.backupDirectory()
                            .resolve(Long.toString(tablespace.oid()))
                            .toString()));
        }
        if (request.maxRateKiBPerSecond() > 0) {
            argv.add("--max-rate=" + request.maxRateKiBPerSecond());
        }
        if (request.parentManifest() != null) {
            argv.add("--incremental=" + request.parentManifest());
        }
        if (request.fastCheckpoint()) {
            argv.add("--checkpoint=fast");
        }
        if (request.compression() != null) {
            addCompression(argv, request.compression(), tool.version());
        }
        return Command.of(argv)
                .withEnvironment(request.dsn().environment())
                .withEnvironment("PATH", path)
                .withEnvironment("LC_ALL", "C");
    }

    /** The program splits a mapping at an equals sign without a backslash before it. */
    private static String escapeEquals(String path) {
        return path.replace("=", "\\=");
    }

    private static void addCompression(List<String> argv, BackupCompressionConfig compression, ToolVersion version) {
        argv.add("--format=" + (compression.format() == null ? "tar" : compression.format()));
        String algorithm = compression.algorithm();
        if (!version.isAtLeast(15, 0)) {
            if (algorithm.equals("none")) {
                argv.add("--compress=0");
                return;
            }
            if (compression.level() != null) {
                argv.add("--compress=" + compression.level());
            }
            argv.add("--" + algorithm);
            return;
        }
        StringBuilder detail = new StringBuilder();
        if (compression.level() != null) {
            detail.append("level=").append(compression.level());
        }
        if (compression.workers() != null) {
            detail.append(detail.length() > 0 ? "," : "").append("workers=").append(compression.workers());
        }
        argv.add("--compress=" + (compression.location() == null ? "" : compression.location() + "-") + algorithm
                + (detail.length() > 0 ? ":" + detail : ""));
    }
}

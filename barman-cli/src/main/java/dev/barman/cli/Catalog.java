// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli;

import dev.barman.cli.commands.ArchiveWalCommand;
import dev.barman.cli.commands.BackupCommand;
import dev.barman.cli.commands.CheckBackupCommand;
import dev.barman.cli.commands.CheckCommand;
import dev.barman.cli.commands.CronCommand;
import dev.barman.cli.commands.DeleteCommand;
import dev.barman.cli.commands.GetWalCommand;
import dev.barman.cli.commands.ListBackupsCommand;
import dev.barman.cli.commands.ListFilesCommand;
import dev.barman.cli.commands.ListServersCommand;
import dev.barman.cli.commands.PutWalCommand;
import dev.barman.cli.commands.RebuildXlogdbCommand;
import dev.barman.cli.commands.ReceiveWalCommand;
import dev.barman.cli.commands.RestoreCommand;
import dev.barman.cli.commands.ShowBackupCommand;
import dev.barman.cli.commands.ShowServersCommand;
import dev.barman.cli.commands.StatusCommand;
import dev.barman.cli.commands.SwitchWalCommand;
import dev.barman.cli.frame.Command;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The subcommands: names, aliases, one line of description, and which class answers. Only the chosen class is loaded. */
final class Catalog {
    /** Canonical names, as listed by help. */
    static final List<String> NAMES = List.of(
            "archive-wal",
            "backup",
            "check",
            "check-backup",
            "cron",
            "delete",
            "get-wal",
            "list-backups",
            "list-files",
            "list-servers",
            "put-wal",
            "rebuild-xlogdb",
            "receive-wal",
            "restore",
            "show-backup",
            "show-servers",
            "status",
            "switch-wal");

    private Catalog() {}

    /** The canonical name for a name or an alias, or null when there is no such command. Names cannot be abbreviated. */
    static @Nullable String canonical(String name) {
        String canonical = switch (name) {
            case "list-server" -> "list-servers";
            case "list-backup" -> "list-backups";
            case "show-server" -> "show-servers";
            case "show-backups" -> "show-backup";
            case "recover" -> "restore";
            case "switch-xlog" -> "switch-wal";
            default -> name;
        };
        return NAMES.contains(canonical) ? canonical : null;
    }

    /** The alias of a command, or null. */
    static @Nullable String alias(String canonical) {
        return switch (canonical) {
            case "list-servers" -> "list-server";
            case "list-backups" -> "list-backup";
            case "show-servers" -> "show-server";
            case "show-backup" -> "show-backups";
            case "restore" -> "recover";
            case "switch-wal" -> "switch-xlog";
            default -> null;
        };
    }

    /** What a command does, in one line. */
    static String description(String canonical) {
        return switch (canonical) {
            case "archive-wal" -> "store the WAL files that arrived from a server in its WAL archive";
            case "backup" -> "take a base backup of one or more servers";
            case "check" -> "test whether servers, tools and directories are in order";
            case "check-backup" -> "test whether all WAL files that a backup needs are archived";
            case "cron" -> "run the maintenance of all servers; to be started every minute";
            case "delete" -> "delete a backup, and the WAL files that only it needs";
            case "get-wal" -> "write an archived WAL file to standard output or into a directory";
            case "list-backups" -> "list the backups of one or more servers";
            case "list-files" -> "list the files that belong to a backup";
            case "list-servers" -> "list the configured servers";
            case "put-wal" -> "receive WAL files as a tar archive from standard input";
            case "rebuild-xlogdb" -> "make the index of archived WAL files anew from the files";
            case "receive-wal" -> "receive WAL files from a server by streaming, or manage its slot";
            case "restore" -> "restore a backup into a directory, to its end or to a chosen point in time";
            case "show-backup" -> "show one backup in detail";
            case "show-servers" -> "show the configuration and state of servers";
            case "status" -> "show a summary of servers and their archives";
            case "switch-wal" -> "make a server start a new WAL file, so that the current one is archived";
            default -> throw new IllegalArgumentException(canonical);
        };
    }

    /** A new instance of the class that answers. */
    static Command create(String canonical) {
        return switch (canonical) {
            // archive-wal
            case "archive-wal" -> new ArchiveWalCommand();

            // backup
            case "backup" -> new BackupCommand();

            // check
            case "check" -> new CheckCommand();

            // check-backup
            case "check-backup" -> new CheckBackupCommand();

            // cron
            case "cron" -> new CronCommand();

            // delete
            case "delete" -> new DeleteCommand();

            // get-wal
            case "get-wal" -> new GetWalCommand();

            // list-backups
            case "list-backups" -> new ListBackupsCommand();

            // list-files
            case "list-files" -> new ListFilesCommand();

            // list-servers
            case "list-servers" -> new ListServersCommand();

            // put-wal
            case "put-wal" -> new PutWalCommand();

            case "rebuild-xlogdb" -> new RebuildXlogdbCommand();

            // receive-wal
            case "receive-wal" -> new ReceiveWalCommand();

            // restore
            case "restore" -> new RestoreCommand();

            // show-backup
            case "show-backup" -> new ShowBackupCommand();

            // show-servers
            case "show-servers" -> new ShowServersCommand();

            // status
            case "status" -> new StatusCommand();

            // switch-wal
            case "switch-wal" -> new SwitchWalCommand();

            default -> throw new IllegalArgumentException("no class for the command " + canonical);
        };
    }
}

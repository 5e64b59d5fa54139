// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.hook;

import java.nio.file.Path;
import java.util.Map;

/**
 * A backup, for the scripts around a backup, its deletion or a restore. Immutable.
 *
 * @param backupId its id
 * @param backupDirectory {@code basebackups_directory/ID}; need not exist
 * @param backupInfoFile its metadata file
 * @param status the status in the catalogue
 * @param previousId the id of the usable backup before it, empty if there is none
 * @param nextId the id of the usable backup after it, empty if there is none
 * @param error the backup's own error, empty if there is none
 */
public record BackupHookEnvironment(
        String backupId,
        Path backupDirectory,
        Path backupInfoFile,
        String status,
        String previousId,
        String nextId,
        String error)
        implements HookEnvironment {
    @Override
    public void putInto(Map<String, String> variables) {
        variables.put("BARMAN_BACKUP_ID", backupId);
        variables.put("BARMAN_BACKUP_DIR", backupDirectory.toString());
        variables.put("BARMAN_BACKUP_INFO_PATH", backupInfoFile.toString());
        variables.put("BARMAN_STATUS", status);
        variables.put("BARMAN_PREVIOUS_ID", previousId);
        variables.put("BARMAN_NEXT_ID", nextId);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.hook;

import java.util.Map;

/**
 * A restore, for the scripts around it. They never see an error: a failed restore runs no script. Immutable.
 *
 * @param backup the backup that is restored
 * @param destinationDirectory the destination as the user gave it
 * @param tablespaces the relocation rules as a JSON object with sorted keys, empty if there are none
 * @param remoteCommand the ssh command line of a remote restore, else empty
 * @param recoverOptions the options that were given as a JSON object with sorted keys, empty if there are none
 */
public record RecoveryHookEnvironment(
        BackupHookEnvironment backup,
        String destinationDirectory,
        String tablespaces,
        String remoteCommand,
        String recoverOptions)
        implements HookEnvironment {
    @Override
    public void putInto(Map<String, String> variables) {
        backup.putInto(variables);
        variables.put("BARMAN_DESTINATION_DIRECTORY", destinationDirectory);
        variables.put("BARMAN_TABLESPACES", tablespaces);
        variables.put("BARMAN_REMOTE_COMMAND", remoteCommand);
        variables.put("BARMAN_RECOVER_OPTIONS", recoverOptions);
    }

    @Override
    public String error() {
        return "";
    }
}

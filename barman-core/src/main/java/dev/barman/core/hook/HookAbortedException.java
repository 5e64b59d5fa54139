// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.hook;

import dev.barman.core.BarmanException;

/**
 * A retry script that ran before an event asked, with exit code 63, not to go on. The message is Barman's:
 * {@code Abort 'pre_backup_retry_script' retry hook script (COMMAND, exit code: 63)}.
 */
public final class HookAbortedException extends BarmanException {
    private static final long serialVersionUID = 1L;

    /** Creates an exception for one script. */
    HookAbortedException(String optionName, String command, int exitCode) {
        super("Abort '" + optionName + "' retry hook script (" + command + ", exit code: " + exitCode + ")");
    }
}

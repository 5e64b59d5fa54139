// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.hook;

import java.util.Map;

/** What hook scripts are told about one event, beyond the variables that all of them get. */
public sealed interface HookEnvironment permits BackupHookEnvironment, RecoveryHookEnvironment, WalHookEnvironment {
    /** Adds the variables, values never null. */
    void putInto(Map<String, String> variables);

    /** The event's failure, empty when there is none. */
    String error();
}

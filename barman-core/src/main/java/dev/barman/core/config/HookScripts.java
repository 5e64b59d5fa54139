// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import java.util.Optional;

/** The hook scripts of one server. Immutable. */
public final class HookScripts {
    private final OptionValues values;

    HookScripts(OptionValues values) {
        this.values = values;
    }

    /**
     * Returns the shell command configured for an event.
     *
     * @param retry whether the script that is repeated until it succeeds is meant
     */
    public Optional<String> script(HookEvent event, HookPhase phase, boolean retry) {
        String name = optionName(event, phase, retry);
        ServerOption option = ServerOption.named(name);
        if (option == null) {
            throw new IllegalStateException("no option " + name);
        }
        return Optional.ofNullable(values.text(option));
    }

    /** Returns the name of the option, for instance {@code pre_wal_delete_retry_script}. */
    public static String optionName(HookEvent event, HookPhase phase, boolean retry) {
        return phase.id() + "_" + event.id() + (retry ? "_retry_script" : "_script");
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

/** Whether a hook script runs before or after its event. */
public enum HookPhase {
    /** Before the event. */
    PRE("pre"),
    /** After the event. */
    POST("post");

    private final String id;

    HookPhase(String id) {
        this.id = id;
    }

    /** Returns the phase as it stands in option names and in {@code BARMAN_PHASE}. */
    public String id() {
        return id;
    }
}

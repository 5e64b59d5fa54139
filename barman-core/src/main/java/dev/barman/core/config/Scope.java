// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

/** In which sections an option has an effect. */
enum Scope {
    /** Server sections, inherited from {@code [barman]}, and models. */
    GLOBAL_SERVER_MODEL(true, true, true),
    /** Server sections, inherited from {@code [barman]}. */
    GLOBAL_SERVER(true, true, false),
    /** Server sections and models. */
    SERVER_MODEL(false, true, true),
    /** Server sections. */
    SERVER(false, true, false),
    /** Models; tolerated without effect in server sections. */
    MODEL(false, false, true);

    final boolean inherited;
    final boolean inServers;
    final boolean inModels;

    Scope(boolean inherited, boolean inServers, boolean inModels) {
        this.inherited = inherited;
        this.inServers = inServers;
        this.inModels = inModels;
    }
}

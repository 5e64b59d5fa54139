// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.core.status.ServerInspection;

/** Which connections a check looks at. */
enum WalConnection {
    /** Those of backups. */
    BACKUP(""),
    /** Those that WAL is streamed from, where they are configured apart. */
    STREAMING(" (WAL streaming)");

    private final String suffix;

    WalConnection(String suffix) {
        this.suffix = suffix;
    }

    /** A check's name for these connections. */
    String label(String name) {
        return name + suffix;
    }

    ServerInspection inspection(CheckContext context) {
        return this == BACKUP ? context.inspection() : context.walInspection();
    }
}

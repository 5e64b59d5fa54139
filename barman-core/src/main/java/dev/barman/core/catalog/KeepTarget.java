// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import java.util.Locale;

/** What a keep request asks for. */
public enum KeepTarget {
    /** The backup and all later WAL files. */
    FULL,
    /** The backup and the WAL files that make it consistent. */
    STANDALONE;

    /** {@code full} or {@code standalone}: the content of the marker file. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}

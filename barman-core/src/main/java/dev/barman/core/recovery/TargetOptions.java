// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The recovery target as it was typed; null where an option was not given.
 *
 * @param time a point in time in free form
 * @param xid a transaction
 * @param lsn a position in the WAL
 * @param name a restore point
 * @param immediate whether to stop as soon as the data is consistent
 * @param timeline a number, {@code current} or {@code latest}
 * @param exclusive whether to stop just before the target
 * @param action {@code pause}, {@code shutdown} or {@code promote}
 */
public record TargetOptions(
        @Nullable String time,
        @Nullable String xid,
        @Nullable String lsn,
        @Nullable String name,
        boolean immediate,
        @Nullable String timeline,
        boolean exclusive,
        @Nullable String action) {

    /** No target. */
    public static final TargetOptions NONE = new TargetOptions(null, null, null, null, false, null, false, null);

    /** Returns the given ones of the options that exclude each other, in the order in which Barman names them. */
    List<String> given() {
        List<String> given = new ArrayList<>();
        if (time != null) {
            given.add("target_time");
        }
        if (xid != null) {
            given.add("target_xid");
        }
        if (lsn != null) {
            given.add("target_lsn");
        }
        if (name != null) {
            given.add("target_name");
        }
        if (immediate) {
            given.add("target_immediate");
        }
        return given;
    }
}

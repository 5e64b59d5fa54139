// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import org.jspecify.annotations.Nullable;

/**
 * Where intermediate files of a restore go, as it was typed; null where an option was not given.
 *
 * @param path the staging directory
 * @param location {@code local} or {@code remote}
 * @param localPath the deprecated option for the Barman host
 * @param recoveryPath the deprecated option for the destination host
 */
public record StagingOptions(
        @Nullable String path,
        @Nullable String location,
        @Nullable String localPath,
        @Nullable String recoveryPath) {
    /** Nothing given. */
    public static final StagingOptions NONE = new StagingOptions(null, null, null, null);
}

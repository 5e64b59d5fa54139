// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The options that only {@code [barman]} has.
 *
 * @param configFile the main configuration file, as typed
 * @param barmanHome root of all data
 * @param barmanUser the system user Barman runs as
 * @param lockDirectory where lock files live; never created by Barman
 * @param configChangesQueue the queue of {@code config-update}
 * @param configurationFilesDirectory the include directory; null when there is none
 * @param lockDirectoryCleanup whether {@code cron} removes unused lock files
 * @param logFile the log file; null for standard error
 * @param logLevel the level as written
 * @param logFormat the line format in Python's notation; null for the built-in one
 */
public record GlobalConfig(
        String configFile,
        Path barmanHome,
        String barmanUser,
        Path lockDirectory,
        Path configChangesQueue,
        @Nullable Path configurationFilesDirectory,
        boolean lockDirectoryCleanup,
        @Nullable Path logFile,
        String logLevel,
        @Nullable String logFormat) {}

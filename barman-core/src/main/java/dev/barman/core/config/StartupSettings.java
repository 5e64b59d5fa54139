// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import org.jspecify.annotations.Nullable;

/**
 * What the section {@code [barman]} of the main file says about the process itself, known before anything else is read.
 *
 * @param barmanHome root of all data, as written; null when missing, which {@link BarmanConfiguration#load} reports
 * @param barmanUser the system user to run as
 * @param logFile the log file; null for standard error
 * @param logLevel the level as written; {@code INFO} when absent
 * @param logFormat the line format in Python's notation; null for the built-in one
 * @param configurationFilesDirectory the include directory with {@code ~} expanded; null when there is none
 */
public record StartupSettings(
        @Nullable String barmanHome,
        String barmanUser,
        @Nullable String logFile,
        String logLevel,
        @Nullable String logFormat,
        @Nullable String configurationFilesDirectory) {}

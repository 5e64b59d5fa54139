// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import org.jspecify.annotations.Nullable;

/**
 * What is read over the regular connection for {@code status}, {@code check} and {@code show-servers}, at one moment.
 *
 * @param version the server's version
 * @param versionText the version as the server prints it, {@code 15.18} or {@code 16beta1}
 * @param privileges what the connected user may do
 * @param inRecovery whether the server is a standby or otherwise in recovery
 * @param position the current WAL position; on a standby the last one replayed
 * @param currentSizeBytes the size of all tablespaces; null without backup privileges
 * @param systemIdentifier the cluster's identifier, decimal; null before PostgreSQL 9.6 or without the privilege
 * @param settings settings
 * @param files configuration files
 * @param archiver archiver statistics
 */
public record ServerStatus(
        PostgresVersion version,
        String versionText,
        Privileges privileges,
        boolean inRecovery,
        WalPosition position,
        @Nullable Long currentSizeBytes,
        @Nullable String systemIdentifier,
        ServerSettings settings,
        ConfigurationFiles files,
        @Nullable ArchiverStatistics archiver) {}

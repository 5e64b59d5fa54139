// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.core.BackupException;
import dev.barman.core.PostgresException;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.postgres.ConfigurationFiles;
import dev.barman.core.postgres.PostgresClient;
import dev.barman.core.postgres.PostgresVersion;

/**
 * What a backup records of the server it is made of. Immutable.
 *
 * @param version the server's version
 * @param dataDirectory the data directory on its machine
 * @param files its configuration files
 */
public record ServerFacts(PostgresVersion version, String dataDirectory, ConfigurationFiles files) {
    /**
     * Asks the server.
     *
     * @param subject whose server it is, for messages: {@code server 'main'}
     * @param record gets the fields that do not depend on the course of the backup
     * @throws BackupException when the user may not know the data directory
     */
    public static ServerFacts read(PostgresClient client, String subject, BackupInfo.Builder record)
            throws BackupException, PostgresException {
        PostgresVersion version = client.version();
        ConfigurationFiles files = client.configurationFiles();
        String dataDirectory = client.setting("data_directory")
                .orElseThrow(() -> new BackupException(
                        "the PostgreSQL user of " + subject + " may not read the setting data_directory"));
        record.pgdata(dataDirectory)
                .version(version.number())
                .xlogSegmentSize(client.walSegmentSize())
                .configFile(files.configFile())
                .hbaFile(files.hbaFile())
                .identFile(files.identFile())
                .includedFiles(files.included())
                .tablespaces(client.tablespaces())
                .dataChecksums(client.setting("data_checksums").orElse(null))
                .summarizeWal(
                        version.isAtLeast(17) ? client.setting("summarize_wal").orElse(null) : null)
                .clusterSize(client.privileges().backup() ? client.clusterSizeBytes() : null);
        return new ServerFacts(version, dataDirectory, files);
    }
}

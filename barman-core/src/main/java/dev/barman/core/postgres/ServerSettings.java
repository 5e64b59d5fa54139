// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import dev.barman.wal.WalSegmentSize;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a server in the form {@code SHOW} prints, null where the server has no such setting or does not let the user
 * see it.
 *
 * @param walLevel {@code wal_level}
 * @param hotStandby {@code hot_standby}
 * @param maxWalSenders {@code max_wal_senders}
 * @param maxReplicationSlots {@code max_replication_slots}
 * @param dataChecksums {@code data_checksums}
 * @param walCompression {@code wal_compression}
 * @param walKeep {@code wal_keep_size}, before PostgreSQL 13 {@code wal_keep_segments}
 * @param dataDirectory {@code data_directory}
 * @param synchronousStandbyNames the names in {@code synchronous_standby_names}; one empty text when it is empty
 * @param archiveMode {@code archive_mode}
 * @param archiveCommand {@code archive_command}; {@code (disabled)} when archiving is off
 * @param summarizeWal {@code summarize_wal}, from PostgreSQL 17
 * @param archiveTimeoutSeconds {@code archive_timeout}
 * @param checkpointTimeoutSeconds {@code checkpoint_timeout}
 * @param walSegmentSize {@code wal_segment_size}
 */
public record ServerSettings(
        @Nullable String walLevel,
        @Nullable String hotStandby,
        @Nullable String maxWalSenders,
        @Nullable String maxReplicationSlots,
        @Nullable String dataChecksums,
        @Nullable String walCompression,
        @Nullable String walKeep,
        @Nullable String dataDirectory,
        List<String> synchronousStandbyNames,
        @Nullable String archiveMode,
        @Nullable String archiveCommand,
        @Nullable String summarizeWal,
        int archiveTimeoutSeconds,
        int checkpointTimeoutSeconds,
        WalSegmentSize walSegmentSize) {
    public ServerSettings {
        synchronousStandbyNames = List.copyOf(synchronousStandbyNames);
    }

    /** Whether a standby of this name, or any ({@code *}), is asked to confirm commits. */
    public boolean isSynchronous(String applicationName) {
        return synchronousStandbyNames.contains("*") || synchronousStandbyNames.contains(applicationName);
    }

    /**
     * The names in a value of {@code synchronous_standby_names}: a plain list, or {@code FIRST n (...)}, {@code ANY n (...)},
     * {@code n (...)}.
     *
     * @return the names without quotes; one empty text for an empty value
     */
    static List<String> standbyNames(String value) {
        String names = value.strip();
        int open = names.indexOf('(');
        if (open >= 0 && names.endsWith(")") && isQuorumHead(names.substring(0, open))) {
            names = names.substring(open + 1, names.length() - 1);
        }
        String[] parts = names.split(",", -1);
        for (int i = 0; i < parts.length; i++) {
            String name = parts[i].strip();
            if (name.length() >= 2 && name.startsWith("\"") && name.endsWith("\"")) {
                name = name.substring(1, name.length() - 1).replace("\"\"", "\"");
            }
            parts[i] = name;
        }
        return List.of(parts);
    }

    private static boolean isQuorumHead(String head) {
        String text = head.strip();
        for (String word : new String[] {"FIRST", "ANY"}) {
            if (text.regionMatches(true, 0, word, 0, word.length())) {
                text = text.substring(word.length()).strip();
                break;
            }
        }
        for (int i = 0; i < text.length(); i++) {
            if (!Character.isDigit(text.charAt(i))) {
                return false;
            }
        }
        return !text.isEmpty();
    }
}

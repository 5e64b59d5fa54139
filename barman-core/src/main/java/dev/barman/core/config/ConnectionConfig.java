// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import org.jspecify.annotations.Nullable;

/**
 * How a PostgreSQL server, or the Barman server in front of it, is reached.
 *
 * @param conninfo the regular connection
 * @param streamingConninfo the replication connection; {@code conninfo} unless configured
 * @param walConninfo the connection for the state of the WAL receiver, if another host provides the WAL
 * @param walStreamingConninfo the connection for WAL streaming, if another host provides the WAL
 * @param primaryConninfo the primary of a standby {@code conninfo}
 * @param sshCommand the command line of ssh to the PostgreSQL host, without Barman's options
 * @param primarySshCommand the shell prefix that reaches the primary Barman; set on passive nodes
 * @param forwardConfigPath whether a passive node passes the path of its configuration on
 * @param pathPrefix colon-separated directories put before {@code PATH} for child processes
 * @param checkTimeoutSeconds the limit of {@code check}; none when 0 or negative
 * @param immediateCheckpoint whether a backup starts with a fast checkpoint
 * @param primaryCheckpointTimeoutSeconds how long a standby backup waits before it forces a checkpoint on the primary
 * @param keepaliveIntervalSeconds pause between heartbeats of long backups; off when 0 or negative
 */
public record ConnectionConfig(
        @Nullable String conninfo,
        @Nullable String streamingConninfo,
        @Nullable String walConninfo,
        @Nullable String walStreamingConninfo,
        @Nullable String primaryConninfo,
        @Nullable String sshCommand,
        @Nullable String primarySshCommand,
        boolean forwardConfigPath,
        @Nullable String pathPrefix,
        int checkTimeoutSeconds,
        boolean immediateCheckpoint,
        int primaryCheckpointTimeoutSeconds,
        int keepaliveIntervalSeconds) {

    /** Returns {@code wal_conninfo}, else {@code wal_streaming_conninfo}, else {@code conninfo}. */
    public @Nullable String effectiveWalConninfo() {
        if (walConninfo != null) {
            return walConninfo;
        }
        return walStreamingConninfo != null ? walStreamingConninfo : conninfo;
    }

    /** Returns {@code wal_streaming_conninfo}, else {@code streaming_conninfo}. */
    public @Nullable String effectiveWalStreamingConninfo() {
        return walStreamingConninfo != null ? walStreamingConninfo : streamingConninfo;
    }
}

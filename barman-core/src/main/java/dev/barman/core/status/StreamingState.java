// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.status;

import dev.barman.core.postgres.PostgresVersion;
import dev.barman.core.postgres.StreamingStatus;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the replication connection. Immutable.
 *
 * @param status the answer to {@code IDENTIFY_SYSTEM}, null without a connection
 * @param version the server's version, null without a connection
 * @param error why there is no connection, null when there is one
 */
public record StreamingState(
        @Nullable StreamingStatus status,
        @Nullable PostgresVersion version,
        @Nullable String error) {

    /** Whether the server answered on a replication connection. */
    public boolean connected() {
        return status != null;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import dev.barman.wal.Lsn;
import dev.barman.wal.TimelineId;

/**
 * The answer to {@code IDENTIFY_SYSTEM}.
 *
 * @param systemIdentifier the cluster's identifier, decimal
 * @param timeline the current timeline
 * @param position the position up to which WAL is flushed
 */
public record StreamingStatus(String systemIdentifier, TimelineId timeline, Lsn position) {}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import dev.barman.core.recovery.RecoveryExecutor.Outcome;
import java.time.Duration;
import java.time.OffsetDateTime;

/**
 * What came of a restore.
 *
 * @param outcome what a person has to know about the configuration
 * @param getWal whether PostgreSQL will fetch the WAL itself
 * @param recoveryFile the file with the recovery settings
 * @param started when the restore began, with the offset of the local zone
 * @param elapsed how long it took
 */
public record RestoreReport(
        Outcome outcome, boolean getWal, String recoveryFile, OffsetDateTime started, Duration elapsed) {}

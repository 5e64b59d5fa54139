// SPDX-License-Identifier: Apache-2.0
package dev.barman.object;

import java.time.Instant;

/**
 * An upload in parts that was neither completed nor given up: its process is at work, or was killed. Immutable.
 *
 * @param key the key its object would have
 * @param id the store's name for it
 * @param begun when it was begun, by the store's clock
 */
public record UnfinishedUpload(ObjectKey key, String id, Instant begun) {}

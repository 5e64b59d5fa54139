// SPDX-License-Identifier: Apache-2.0
/**
 * Fetching ahead of a recovery, whatever archive it is from: the background process, how a restore command starts it, and how it
 * gets its files from it. What the two share is in {@link dev.barman.wal.spool}.
 */
@NullMarked
package dev.barman.wal.prefetch;

import org.jspecify.annotations.NullMarked;

// SPDX-License-Identifier: Apache-2.0
/**
 * What the programs have in common that work as PostgreSQL's {@code restore_command}: who waits for them, the file they deliver and
 * what is checked before, how they end.
 */
@NullMarked
package dev.barman.wal.restore;

import org.jspecify.annotations.NullMarked;

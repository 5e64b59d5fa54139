// SPDX-License-Identifier: Apache-2.0
/**
 * WAL files fetched ahead on the host of a standby: where they lie, how they come to be there and what is checked before one is
 * handed out.
 */
@NullMarked
package dev.barman.wal.spool;

import org.jspecify.annotations.NullMarked;

// SPDX-License-Identifier: Apache-2.0
/** Base backups: taking them, checking, deleting and judging them. */
@NullMarked
package dev.barman.core.backup;

import org.jspecify.annotations.NullMarked;

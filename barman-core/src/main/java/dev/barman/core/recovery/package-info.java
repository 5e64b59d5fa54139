// SPDX-License-Identifier: Apache-2.0
/**
 * Restoring a backup: what is asked for is checked and becomes a plan, a list of steps that does nothing by itself; the
 * plan is then carried out.
 */
@NullMarked
package dev.barman.core.recovery;

import org.jspecify.annotations.NullMarked;

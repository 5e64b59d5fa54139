// SPDX-License-Identifier: Apache-2.0
/** The maintenance that runs every minute. */
@NullMarked
package dev.barman.core.cron;

import org.jspecify.annotations.NullMarked;

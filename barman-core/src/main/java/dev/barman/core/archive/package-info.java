// SPDX-License-Identifier: Apache-2.0
/** How WAL gets into a server's archive and out of it. */
@NullMarked
package dev.barman.core.archive;

import org.jspecify.annotations.NullMarked;

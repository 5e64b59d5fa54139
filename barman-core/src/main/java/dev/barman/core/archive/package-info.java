// SPDX-License-Identifier: Apache-2.0
/** How WAL enters the archive of a server and leaves it, and the index of what is in it. */
@NullMarked
package dev.barman.core.archive;

import org.jspecify.annotations.NullMarked;

// SPDX-License-Identifier: Apache-2.0
/** The external programs of PostgreSQL: where they are, which version they have, and the exact words they are called with. */
@NullMarked
package dev.barman.core.tools;

import org.jspecify.annotations.NullMarked;

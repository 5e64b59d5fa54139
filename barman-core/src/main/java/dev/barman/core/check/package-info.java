// SPDX-License-Identifier: Apache-2.0
/** The checks of a server: whether it can be backed up, and whether what it has is in order. */
@NullMarked
package dev.barman.core.check;

import org.jspecify.annotations.NullMarked;

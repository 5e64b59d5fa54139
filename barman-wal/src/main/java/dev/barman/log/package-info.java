// SPDX-License-Identifier: Apache-2.0
/** A small SLF4J provider with the line format of Barman's log. */
@NullMarked
package dev.barman.log;

import org.jspecify.annotations.NullMarked;

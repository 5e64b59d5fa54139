// SPDX-License-Identifier: Apache-2.0
/** Servers that tests of several modules start. */
@NullMarked
package dev.barman.testing;

import org.jspecify.annotations.NullMarked;

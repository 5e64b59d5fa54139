// SPDX-License-Identifier: Apache-2.0
/** Servers that tests talk to. */
@NullMarked
package dev.barman.storage.cloud.testing;

import org.jspecify.annotations.NullMarked;

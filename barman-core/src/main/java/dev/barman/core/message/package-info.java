// SPDX-License-Identifier: Apache-2.0
/** How the engine talks to the person at the console. */
@NullMarked
package dev.barman.core.message;

import org.jspecify.annotations.NullMarked;

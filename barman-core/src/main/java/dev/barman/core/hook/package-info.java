// SPDX-License-Identifier: Apache-2.0
/** Hook scripts: shell commands of the user that run before and after an event. */
@NullMarked
package dev.barman.core.hook;

import org.jspecify.annotations.NullMarked;

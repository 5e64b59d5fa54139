// SPDX-License-Identifier: Apache-2.0
/** What every command of barman is given, and the interface it implements. */
@NullMarked
package dev.barman.cli.frame;

import org.jspecify.annotations.NullMarked;

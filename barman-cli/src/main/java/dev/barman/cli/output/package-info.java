// SPDX-License-Identifier: Apache-2.0
/** The two output formats, and the console and log channel of the engine. */
@NullMarked
package dev.barman.cli.output;

import org.jspecify.annotations.NullMarked;

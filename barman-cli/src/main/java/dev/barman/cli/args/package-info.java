// SPDX-License-Identifier: Apache-2.0
/** Splitting of a command line in the way of Barman's own parser, and the types of option values. */
@NullMarked
package dev.barman.cli.args;

import org.jspecify.annotations.NullMarked;

// SPDX-License-Identifier: Apache-2.0
/**
 * A command-line parser for the programs that PostgreSQL starts once per WAL segment, where start-up time is the product.
 *
 * <p>It follows the habits that users of the original commands rely on: unique prefixes of long options, {@code --opt=value},
 * {@code -p8}, clusters such as {@code -qv}, options and positionals mixed, {@code --} ending the options. It uses no
 * reflection, no streams and no regular expressions.
 */
@NullMarked
package dev.barman.args;

import org.jspecify.annotations.NullMarked;

// SPDX-License-Identifier: Apache-2.0
/** External programs: description, execution, streaming of their output and detached start. */
@NullMarked
package dev.barman.process;

import org.jspecify.annotations.NullMarked;

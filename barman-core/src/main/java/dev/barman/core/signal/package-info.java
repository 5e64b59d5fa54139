// SPDX-License-Identifier: Apache-2.0
/** Signals that ask the process to end, turned into an orderly stop of the work in progress. */
@NullMarked
package dev.barman.core.signal;

import org.jspecify.annotations.NullMarked;

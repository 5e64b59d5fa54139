// SPDX-License-Identifier: Apache-2.0

/** Text forms that Barman's outputs and files share: sizes, durations, dates, Python's spelling of values. */
@NullMarked
package dev.barman.core.text;

import org.jspecify.annotations.NullMarked;

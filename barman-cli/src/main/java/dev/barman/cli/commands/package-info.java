// SPDX-License-Identifier: Apache-2.0
/** The commands of barman, one class each; a command renders its own result. */
@NullMarked
package dev.barman.cli.commands;

import org.jspecify.annotations.NullMarked;

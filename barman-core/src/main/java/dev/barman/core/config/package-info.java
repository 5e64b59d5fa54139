// SPDX-License-Identifier: Apache-2.0
/** Configuration files: the INI dialect, its layers, every option with its grammar, and the validity of a server. */
@NullMarked
package dev.barman.core.config;

import org.jspecify.annotations.NullMarked;

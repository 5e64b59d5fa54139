// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.barman.cli;

import org.jspecify.annotations.NullMarked;

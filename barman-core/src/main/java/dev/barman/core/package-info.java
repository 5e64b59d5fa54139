// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.barman.core;

import org.jspecify.annotations.NullMarked;

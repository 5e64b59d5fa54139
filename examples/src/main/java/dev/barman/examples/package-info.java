// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.barman.examples;

import org.jspecify.annotations.NullMarked;

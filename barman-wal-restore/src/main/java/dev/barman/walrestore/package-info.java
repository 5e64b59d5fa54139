// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.barman.walrestore;

import org.jspecify.annotations.NullMarked;

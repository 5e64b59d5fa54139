// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.barman.core.recovery;

import org.jspecify.annotations.NullMarked;

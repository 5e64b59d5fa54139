// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.barman.core.message;

import org.jspecify.annotations.NullMarked;

// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.barman.core.config;

import org.jspecify.annotations.NullMarked;

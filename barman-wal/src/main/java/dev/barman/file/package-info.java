// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.barman.file;

import org.jspecify.annotations.NullMarked;

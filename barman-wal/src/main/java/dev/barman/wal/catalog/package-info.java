// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.barman.wal.catalog;

import org.jspecify.annotations.NullMarked;

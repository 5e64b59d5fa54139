// SPDX-License-Identifier: Apache-2.0
/** Tar archives, as WAL files and base backups travel in them. */
@NullMarked
package dev.barman.tar;

import org.jspecify.annotations.NullMarked;

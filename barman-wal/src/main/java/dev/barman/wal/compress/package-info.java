// SPDX-License-Identifier: Apache-2.0
/** Compression codecs of WAL files: names, levels, detection by magic bytes, streams and a whole-file fast path. */
@NullMarked
package dev.barman.wal.compress;

import org.jspecify.annotations.NullMarked;

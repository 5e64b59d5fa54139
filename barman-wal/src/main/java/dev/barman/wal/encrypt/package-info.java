// SPDX-License-Identifier: Apache-2.0
/** Detection of OpenPGP data and the GnuPG program as a cipher for WAL files. */
@NullMarked
package dev.barman.wal.encrypt;

import org.jspecify.annotations.NullMarked;

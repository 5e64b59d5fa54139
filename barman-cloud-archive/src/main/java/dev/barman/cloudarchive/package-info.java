// SPDX-License-Identifier: Apache-2.0
/** The {@code barman-cloud-*} commands. So far there is {@code barman-cloud-wal-archive}, to S3, one file per call. */
@NullMarked
package dev.barman.cloudarchive;

import org.jspecify.annotations.NullMarked;

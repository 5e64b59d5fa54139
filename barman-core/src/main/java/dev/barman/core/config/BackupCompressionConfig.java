// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import org.jspecify.annotations.Nullable;

/**
 * The compression that pg_basebackup does.
 *
 * @param algorithm {@code gzip}, {@code lz4}, {@code zstd}, or {@code none}, which is an uncompressed tar
 * @param format {@code plain}, {@code tar} or null
 * @param level the level or null
 * @param location {@code client}, {@code server} or null
 * @param workers threads of zstd or null
 */
public record BackupCompressionConfig(
        String algorithm,
        @Nullable String format,
        @Nullable Integer level,
        @Nullable String location,
        @Nullable Integer workers) {}

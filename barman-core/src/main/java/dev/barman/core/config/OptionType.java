// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

/** The grammar of an option's value. */
enum OptionType {
    BOOL(false),
    INT(false),
    TEXT(true),
    INTERVAL(false),
    SIZE(false),
    SLOT(false),
    ABSOLUTE_PATH(false),
    BACKUP_OPTIONS(false),
    RECOVERY_OPTIONS(false),
    REUSE_BACKUP(false),
    CREATE_SLOT(false),
    BACKUP_METHOD(false),
    BACKUP_COMPRESSION(false),
    BACKUP_COMPRESSION_FORMAT(false),
    BACKUP_COMPRESSION_LOCATION(false),
    ENCRYPTION(false),
    COMBINE_MODE(false),
    STAGING_LOCATION(false),
    SNAPSHOT_DISKS(false),
    COMPRESSION(true),
    COMPRESSION_LEVEL(true),
    MAGIC(true);

    /** Whether an empty value means "no value", without a look at {@code [barman]} or the built-in value. */
    final boolean emptyUnsets;

    OptionType(boolean emptyUnsets) {
        this.emptyUnsets = emptyUnsets;
    }
}

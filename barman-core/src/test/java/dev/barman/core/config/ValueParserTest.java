// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.core.ConfigException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ValueParserTest {
    private static @Nullable String text(String option, String value) throws InvalidValueException, ConfigException {
        ServerOption found = ServerOption.named(option);
        assertThat(found).as(option).isNotNull();
        OptionValue parsed = ValueParser.parse(java.util.Objects.requireNonNull(found), value, "sec");
        return parsed == null ? null : parsed.text();
    }

    @Test
    void theTableIsInTheOrderOfTheNames() {
        List<String> names = new ArrayList<>();
        for (ServerOption option : ServerOption.values()) {
            names.add(option.optionName());
            assertThat(option.builtIn()).isNotNull();
        }
        assertThat(names).isSorted().hasSize(109).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            archiver                    | TRUE                        | True
            archiver                    | t                           | True
            archiver                    | yes                         | True
            archiver                    | 1                           | True
            archiver                    | On                          | True
            archiver                    | oFF                         | False
            archiver                    | f                           | False
            archiver                    | No                          | False
            archiver                    | 0                           | False
            archiver                    | false                       | False
            parallel_jobs               | 1_000                       | 1000
            parallel_jobs               | +3                          | 3
            parallel_jobs               | 007                         | 7
            parallel_jobs               | ' -4 '                      | -4
            parallel_jobs               | 99999999999999999999        | 9223372036854775807
            last_wal_maximum_age        | 7 DAYS                      | 7 days, 0:00:00
            last_wal_maximum_age        | 12  hours                   | 12:00:00
            last_wal_maximum_age        | 1 Month                     | 31 days, 0:00:00
            last_wal_maximum_age        | 0 days                      | 0:00:00
            last_wal_maximum_age        | ' 2 week '                  | 14 days, 0:00:00
            last_wal_maximum_age        | 25 hour                     | 1 day, 1:00:00
            last_backup_minimum_size    | 0                           | 0
            last_backup_minimum_size    | 10 k                        | 10000
            last_backup_minimum_size    | 2Ki                         | 2048
            last_backup_minimum_size    | 3M                          | 3000000
            last_backup_minimum_size    | 1 Mi                        | 1048576
            last_backup_minimum_size    | 1G                          | 1000000000
            last_backup_minimum_size    | 1Gi                         | 1073741824
            last_backup_minimum_size    | 1T                          | 1000000000000
            last_backup_minimum_size    | 1Ti                         | 1099511627776
            backup_options              | concurrent_backup           | BackupOptions({'concurrent_backup'})
            backup_options              | External_Configuration , exclusive_backup,exclusive_backup | BackupOptions({'exclusive_backup', 'external_configuration'})
            backup_options              | ''                          | BackupOptions()
            recovery_options            | GET-WAL                     | RecoveryOptions({'get-wal'})
            reuse_backup                | Link                        | link
            reuse_backup                | off                         | off
            create_slot                 | AUTO                        | auto
            backup_method               | Local-Rsync                 | local-rsync
            backup_compression          | NONE                        | none
            backup_compression_format   | Tar                         | tar
            backup_compression_location | SERVER                      | server
            encryption                  | GPG                         | gpg
            combine_mode                | Copy-File-Range             | copy-file-range
            staging_location            | remote                      | remote
            staging_path                | /x y                        | /x y
            slot_name                   | Bar_1                       | bar_1
            snapshot_disks              | 'a, b'                      | ['a', ' b']
            compression                 | PigZ                        | pigz
            compression_level           | HIGH                        | high
            compression_level           | -3                          | -3
            compression_level           | ''                          | None
            compression                 | ''                          | None
            conninfo                    | ''                          | None
            custom_compression_magic    | 0x28b52ffd                  | b'(\\xb5/\\xfd'
            """)
    void validValues(String option, String value, String text) throws Exception {
        assertThat(text(option, value)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', textBlock = """
            archiver                    ~ y        ~ Invalid boolean representation (must be one in: true|t|yes|1|on | false|f|no|0|off)
            archiver                    ~ ''       ~ Invalid boolean representation (must be one in: true|t|yes|1|on | false|f|no|0|off)
            archiver                    ~ 2        ~ Invalid boolean representation (must be one in: true|t|yes|1|on | false|f|no|0|off)
            parallel_jobs               ~ 0x10     ~ invalid literal for int() with base 10: '0x10'
            parallel_jobs               ~ 1.5      ~ invalid literal for int() with base 10: '1.5'
            parallel_jobs               ~ 1__0     ~ invalid literal for int() with base 10: '1__0'
            parallel_jobs               ~ _1       ~ invalid literal for int() with base 10: '_1'
            parallel_jobs               ~ 1_       ~ invalid literal for int() with base 10: '1_'
            parallel_jobs               ~ -        ~ invalid literal for int() with base 10: '-'
            parallel_jobs               ~ ''       ~ invalid literal for int() with base 10: ''
            last_wal_maximum_age        ~ 7d       ~ Invalid value for a time interval 7d
            last_wal_maximum_age        ~ 7        ~ Invalid value for a time interval 7
            last_wal_maximum_age        ~ 7days    ~ Invalid value for a time interval 7days
            last_wal_maximum_age        ~ 1.5 days ~ Invalid value for a time interval 1.5 days
            last_wal_maximum_age        ~ 5 minutes ~ Invalid value for a time interval 5 minutes
            last_wal_maximum_age        ~ 1 year   ~ Invalid value for a time interval 1 year
            last_backup_minimum_size    ~ 10kB     ~ Invalid value for a number 10kB
            last_backup_minimum_size    ~ 1K       ~ Invalid value for a number 1K
            last_backup_minimum_size    ~ 1MB      ~ Invalid value for a number 1MB
            last_backup_minimum_size    ~ 1.5G     ~ Invalid value for a number 1.5G
            last_backup_minimum_size    ~ -1       ~ Invalid value for a number -1
            backup_options              ~ x        ~ Invalid configuration value 'x' for key backup_options in [sec] section: Unknown option
            backup_options              ~ concurrent_backup, ~ Invalid configuration value '' for key backup_options in [sec] section: Unknown option
            backup_options              ~ concurrent_backup,exclusive_backup ~ Invalid configuration value 'exclusive_backup' for key backup_options in [sec] section: cannot contain both 'exclusive_backup' and 'concurrent_backup'.Configuration directive ignored.
            backup_options              ~ concurrent_backup, exclusive_backup ~ Invalid configuration value 'concurrent_backup' for key backup_options in [sec] section: cannot contain both 'concurrent_backup' and 'exclusive_backup'.Configuration directive ignored.
            recovery_options            ~ get-wal, no-such ~ Invalid configuration value 'no-such' for key recovery_options in [sec] section: Unknown option
            reuse_backup                ~ sometimes ~ Invalid value (use 'copy', 'link' or 'off')
            create_slot                 ~ ''       ~ Invalid value (use 'manual' or 'auto')
            backup_method               ~ tape     ~ Invalid value (must be one in: 'rsync', 'postgres', 'local-rsync', 'snapshot')
            backup_compression          ~ x        ~ Invalid value 'x'(must be one in: ['gzip', 'lz4', 'zstd', 'none'])
            backup_compression_format   ~ x        ~ Invalid value (must be either `plain` or `tar`)
            backup_compression_location ~ x        ~ Invalid value (must be either `client` or `server`)
            encryption                  ~ x        ~ Invalid encryption value 'x'. Allowed values are: none, gpg.
            combine_mode                ~ x        ~ Invalid value: x (options are: copy, link, clone, copy-file-range)
            staging_location            ~ Local    ~ Invalid value: Local (options are: local, remote)
            staging_path                ~ x/y      ~ Invalid value : 'x/y' (must be an absolute path)
            local_staging_path          ~ ''       ~ Invalid value : '' (must be an absolute path)
            slot_name                   ~ Bad-Slot ~ Replication slot names may only contain lower case letters, numbers, and the underscore character.
            slot_name                   ~ ''       ~ Replication slot names may only contain lower case letters, numbers, and the underscore character.
            snapshot_disks              ~ a,,b     ~ ['a', '', 'b']
            compression                 ~ none     ~ Invalid value: 'none' (must be one in: gzip, bzip2, pygzip, pybzip2, pigz, xz, zstd, lz4, snappy, custom)
            compression_level           ~ top      ~ Invalid value: 'top' (must be one in [low, medium, high] or an acceptable integer)
            """)
    void invalidValuesHaveBarmansReasons(String option, String value, String reason) {
        assertThatThrownBy(() -> text(option, value))
                .isInstanceOf(InvalidValueException.class)
                .hasMessage(reason);
    }

    @Test
    void someTextsCountAsAbsent() throws Exception {
        assertThat(text("last_backup_maximum_age", "")).isNull();
        assertThat(text("last_backup_minimum_size", "")).isNull();
        assertThat(text("encryption", "none")).isNull();
    }

    @Test
    void aMagicWithAnOddNumberOfDigitsStopsTheCommand() {
        assertThatThrownBy(() -> text("custom_compression_magic", "0x123")).isInstanceOf(ConfigException.class);
        assertThatThrownBy(() -> text("custom_compression_magic", "0xzz")).isInstanceOf(ConfigException.class);
    }
}

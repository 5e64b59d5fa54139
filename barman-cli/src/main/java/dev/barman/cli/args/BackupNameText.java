// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.args;

import com.beust.jcommander.IStringConverter;
import com.beust.jcommander.ParameterException;
import dev.barman.core.catalog.BackupName;

/** A friendly name of a backup, as {@link BackupName} allows it. */
public final class BackupNameText implements IStringConverter<String> {
    @Override
    public String convert(String value) {
        try {
            return BackupName.check(value);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(String.valueOf(e.getMessage()), e);
        }
    }
}

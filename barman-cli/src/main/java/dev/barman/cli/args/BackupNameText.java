// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.args;

import com.beust.jcommander.IStringConverter;
import com.beust.jcommander.ParameterException;
import java.util.Set;

/** A friendly name of a backup: not empty, not of the form of a backup ID, not a word with a meaning of its own. */
public final class BackupNameText implements IStringConverter<String> {
    private static final Set<String> RESERVED =
            Set.of("latest", "last", "oldest", "first", "last-failed", "latest-full", "last-full", "auto");

    @Override
    public String convert(String value) {
        if (value.isEmpty()) {
            throw new ParameterException("Backup name cannot be empty");
        }
        if (isBackupId(value)) {
            throw new ParameterException("Backup name '" + value + "' is not allowed: backup ID");
        }
        if (RESERVED.contains(value)) {
            throw new ParameterException("Backup name '" + value + "' is not allowed: reserved word");
        }
        return value;
    }

    private static boolean isBackupId(String value) {
        if (value.length() != 15 || value.charAt(8) != 'T') {
            return false;
        }
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (i != 8 && (c < '0' || c > '9')) {
                return false;
            }
        }
        return true;
    }
}

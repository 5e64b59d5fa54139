// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import dev.barman.core.BarmanException;
import org.jspecify.annotations.Nullable;

/** A metadata file is damaged. The message names the file and what is wrong in it. */
public final class BackupInfoFormatException extends BarmanException {
    private static final long serialVersionUID = 1L;

    BackupInfoFormatException(String message) {
        this(message, null);
    }

    BackupInfoFormatException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}

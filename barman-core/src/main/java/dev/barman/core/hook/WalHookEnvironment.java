// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.hook;

import dev.barman.wal.catalog.PythonFloat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A WAL file, for the scripts around its archiving or its removal from the archive. Immutable.
 *
 * @param segment the file's name; histories and backup labels are meant too
 * @param file where it is: before archiving in its source, else in the archive
 * @param sizeBytes its size there
 * @param timestamp its modification time in seconds since the epoch, as the WAL index has it
 * @param compression the algorithm that compresses it there, null for none
 * @param error why archiving or removing it failed, empty if it did not
 */
public record WalHookEnvironment(
        String segment,
        String file,
        long sizeBytes,
        double timestamp,
        @Nullable String compression,
        String error) implements HookEnvironment {
    @Override
    public void putInto(Map<String, String> variables) {
        variables.put("BARMAN_SEGMENT", segment);
        variables.put("BARMAN_FILE", file);
        variables.put("BARMAN_SIZE", Long.toString(sizeBytes));
        variables.put("BARMAN_TIMESTAMP", PythonFloat.repr(timestamp));
        variables.put("BARMAN_COMPRESSION", compression == null ? "" : compression);
    }
}

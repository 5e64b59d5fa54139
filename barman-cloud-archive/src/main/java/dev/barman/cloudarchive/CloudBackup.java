// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.catalog.KeepTarget;
import dev.barman.object.ObjectInfo;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One backup in a bucket. Immutable.
 *
 * @param info its metadata
 * @param keep the keep request, null for none
 * @param objects all objects below the backup's prefix, by key
 */
record CloudBackup(BackupInfo info, @Nullable KeepTarget keep, List<ObjectInfo> objects) {
    CloudBackup {
        objects = List.copyOf(objects);
    }
}

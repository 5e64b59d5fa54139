// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import java.io.IOException;
import java.util.List;

/** Whether more files wait in {@code streaming} than {@code max_incoming_wals_queue} allows; the partial one does not count. */
final class StreamingQueueCheck implements Check {
    @Override
    public String name() {
        return "streaming WALs directory";
    }

    @Override
    public List<CheckResult> run(CheckContext context) throws IOException {
        Integer limit = context.server().archiving().maxIncomingWalsQueue();
        if (limit == null) {
            return List.of();
        }
        int waiting = DirectoryEntries.count(context.server().directories().streaming()) - 1;
        return waiting > limit
                ? List.of(CheckResult.failed(name(), "there are too many WALs in queue: " + waiting + ", max " + limit))
                : List.of();
    }
}

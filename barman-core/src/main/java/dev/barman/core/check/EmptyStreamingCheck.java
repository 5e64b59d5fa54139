// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Whether nothing arrives that nobody archives: without {@code streaming_archiver}, {@code streaming} has to be empty. */
final class EmptyStreamingCheck implements Check {
    @Override
    public String name() {
        return "empty streaming directory";
    }

    @Override
    public List<CheckResult> run(CheckContext context) throws IOException {
        if (context.server().archiving().streamingArchiver()) {
            return List.of();
        }
        Path directory = context.server().directories().streaming();
        return DirectoryEntries.count(directory) > 1
                ? List.of(CheckResult.failed(name(), "'" + directory + "' must be empty when streaming_archiver=off"))
                : List.of();
    }
}

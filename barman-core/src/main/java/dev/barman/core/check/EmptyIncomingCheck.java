// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Whether nothing arrives that nobody archives: without {@code archiver}, {@code incoming} has to be empty. */
final class EmptyIncomingCheck implements Check {
    @Override
    public String name() {
        return "empty incoming directory";
    }

    @Override
    public List<CheckResult> run(CheckContext context) throws IOException {
        if (context.server().archiving().fileArchiver()) {
            return List.of();
        }
        Path directory = context.server().directories().incoming();
        return DirectoryEntries.count(directory) > 0
                ? List.of(CheckResult.failed(name(), "'" + directory + "' must be empty when archiver=off"))
                : List.of();
    }
}

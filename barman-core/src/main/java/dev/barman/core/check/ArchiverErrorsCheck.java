// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** Whether the archiver had to put files aside. */
final class ArchiverErrorsCheck implements Check {
    private static final List<String> REASONS = List.of("not relevant", "unknown", "duplicates", "unknown failure");

    @Override
    public String name() {
        return "archiver errors";
    }

    @Override
    public List<CheckResult> run(CheckContext context) throws IOException {
        int[] counts = new int[REASONS.size()];
        try (DirectoryStream<Path> entries =
                Files.newDirectoryStream(context.server().directories().errors())) {
            for (Path entry : entries) {
                counts[REASONS.indexOf(reason(String.valueOf(entry.getFileName())))]++;
            }
        } catch (NoSuchFileException e) {
            return List.of(CheckResult.ok(name()));
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        StringBuilder hint = new StringBuilder();
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] > 0) {
                hint.append(hint.length() == 0 ? "" : ", ")
                        .append(REASONS.get(i))
                        .append(": ")
                        .append(counts[i]);
            }
        }
        return List.of(CheckResult.of(name(), hint.length() == 0, hint.toString()));
    }

    private static String reason(String file) {
        if (file.endsWith(".error")) {
            return "not relevant";
        }
        if (file.endsWith(".duplicate")) {
            return "duplicates";
        }
        return file.endsWith(".unknown") ? "unknown" : "unknown failure";
    }
}

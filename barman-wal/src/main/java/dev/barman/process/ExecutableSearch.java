// SPDX-License-Identifier: Apache-2.0
package dev.barman.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Looks programs up in the directories of the option {@code path_prefix} and then in those of the variable {@code PATH}.
 * Immutable.
 */
public final class ExecutableSearch {
    private static final String DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";

    private final String path;

    private ExecutableSearch(String path) {
        this.path = path;
    }

    /** A search of the directories of {@code PATH} only. */
    public static ExecutableSearch ofPath() {
        return of(null);
    }

    /**
     * A search of the given directories first.
     *
     * @param pathPrefix directories separated by colons, or null
     */
    public static ExecutableSearch of(@Nullable String pathPrefix) {
        String inherited = System.getenv("PATH");
        return of(pathPrefix, inherited == null || inherited.isEmpty() ? DEFAULT_PATH : inherited);
    }

    static ExecutableSearch of(@Nullable String pathPrefix, String inherited) {
        return new ExecutableSearch(
                pathPrefix == null || pathPrefix.isEmpty() ? inherited : pathPrefix + ":" + inherited);
    }

    /** The searched directories, separated by colons: the {@code PATH} to give to a child process. */
    public String path() {
        return path;
    }

    /** The first program of this name. A name with a slash is a path and is only checked. */
    public Optional<Path> find(String program) {
        List<Path> found = search(program, true);
        return found.isEmpty() ? Optional.empty() : Optional.of(found.get(0));
    }

    /** Every program of this name, best first, for a caller that may have to skip one that does not work. */
    public List<Path> findAll(String program) {
        return search(program, false);
    }

    private List<Path> search(String program, boolean firstOnly) {
        if (program.indexOf('/') >= 0) {
            Path file = Path.of(program);
            return isProgram(file) ? List.of(file) : List.of();
        }
        List<Path> found = new ArrayList<>();
        Set<String> seen = new LinkedHashSet<>();
        int start = 0;
        while (start <= path.length()) {
            int end = path.indexOf(':', start);
            if (end < 0) {
                end = path.length();
            }
            String directory = path.substring(start, end);
            start = end + 1;
            // An empty entry means the working directory, which is no place to take programs from.
            if (directory.isEmpty() || !seen.add(directory)) {
                continue;
            }
            Path file = Path.of(directory, program);
            if (isProgram(file)) {
                found.add(file);
                if (firstOnly) {
                    break;
                }
            }
        }
        return found;
    }

    private static boolean isProgram(Path file) {
        return Files.isRegularFile(file) && Files.isExecutable(file);
    }
}

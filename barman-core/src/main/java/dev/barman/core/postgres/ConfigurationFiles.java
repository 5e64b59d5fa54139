// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The configuration files of a server, as paths on its machine. All null or empty without the privilege to see them.
 *
 * @param configFile {@code postgresql.conf}
 * @param hbaFile {@code pg_hba.conf}
 * @param identFile {@code pg_ident.conf}
 * @param included every other file a setting comes from, sorted ({@code postgresql.auto.conf} counts)
 */
public record ConfigurationFiles(
        @Nullable String configFile,
        @Nullable String hbaFile,
        @Nullable String identFile,
        List<String> included) {
    public ConfigurationFiles {
        included = List.copyOf(included);
    }

    /** The files outside a data directory, main, hba, ident and included ones in this order. */
    public List<String> outside(String dataDirectory) {
        String inside = dataDirectory.endsWith("/") ? dataDirectory : dataDirectory + "/";
        List<String> result = new ArrayList<>();
        add(configFile, inside, result);
        add(hbaFile, inside, result);
        add(identFile, inside, result);
        for (String file : included) {
            add(file, inside, result);
        }
        return result;
    }

    private static void add(@Nullable String file, String inside, List<String> result) {
        if (file != null && !file.startsWith(inside)) {
            result.add(file);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli;

import dev.barman.cli.args.GlobalOptions;
import dev.barman.cli.args.UsageException;
import dev.barman.core.ConfigException;
import dev.barman.core.ConfigException.Style;
import dev.barman.core.config.MainConfigFile;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which user the program has to run as. A JVM cannot change its user, so the launcher asks this class first when it is started
 * by root, and then starts the program proper as that user, with no JVM of root left behind.
 */
public final class RunAs {
    private static final String ROOT = "root";

    private RunAs() {}

    /**
     * Prints the name of the user to switch to, or nothing when there is no need or no way; the program proper then runs as it is
     * and says what is wrong.
     */
    public static void main(String[] args) {
        String user = switchTo(List.of(args), System.getenv());
        if (user != null) {
            PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
            out.print(user + "\n");
            out.flush();
        }
        System.exit(0);
    }

    /** The user to switch to when root runs the program with these words, or null. */
    static @Nullable String switchTo(List<String> words, Map<String, String> environment) {
        try {
            GlobalOptions options = GlobalOptions.parse(words);
            if (options.help() || options.version()) {
                return null;
            }
            String user = MainConfigFile.open(MainConfigFile.locate(options.config(), environment))
                    .startup()
                    .barmanUser();
            return user.equals(ROOT) || !exists(user) ? null : user;
        } catch (UsageException | ConfigException e) {
            return null;
        }
    }

    /**
     * Refuses to go on as the wrong user.
     *
     * @param configured the user of the configuration
     * @throws ConfigException when this process runs as another user
     */
    static void require(String configured) throws ConfigException {
        if (configured.equals(System.getProperty("user.name"))) {
            return;
        }
        if (!exists(configured)) {
            throw new ConfigException(Style.ERROR, "the configured user '" + configured + "' does not exists");
        }
        throw new ConfigException(Style.ERROR, "please run barman as '" + configured + "' user");
    }

    private static boolean exists(String user) {
        try {
            FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName(user);
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}

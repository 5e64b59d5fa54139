// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import dev.barman.core.ConfigException;
import dev.barman.core.ConfigException.Style;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The main configuration file, parsed, before its includes are read.
 *
 * <p>A front end opens it first, switches user and configures the log with {@link #startup()}, and only then calls
 * {@link BarmanConfiguration#load(MainConfigFile, dev.barman.core.message.Messages)}. Immutable.
 */
public final class MainConfigFile {
    private final ConfigFile file;
    private final StartupSettings startup;

    private MainConfigFile(ConfigFile file, StartupSettings startup) {
        this.file = file;
        this.startup = startup;
    }

    /**
     * Finds the main file: the one given, else the one named by {@code BARMAN_CONFIG_FILE}, else the first readable of
     * {@code ~/.barman.conf}, {@code /etc/barman.conf}, {@code /etc/barman/barman.conf}.
     *
     * @param given the value of {@code --config}, or null
     * @param environment the process environment
     * @return the path as typed
     * @throws ConfigException when the file does not exist or none is found
     */
    public static String locate(@Nullable String given, Map<String, String> environment) throws ConfigException {
        String named = given;
        if (named == null) {
            named = environment.getOrDefault("BARMAN_CONFIG_FILE", "");
            if (named.isEmpty()) {
                return locateDefault(home(environment));
            }
        }
        if (!Files.exists(Path.of(named))) {
            throw new ConfigException(Style.BARE, "Configuration file '" + named + "' does not exist");
        }
        return named;
    }

    private static String locateDefault(String home) throws ConfigException {
        String[] candidates = {Paths.join(home, ".barman.conf"), "/etc/barman.conf", "/etc/barman/barman.conf"};
        for (String candidate : candidates) {
            if (Files.isReadable(Path.of(candidate))) {
                return candidate;
            }
        }
        throw new ConfigException(
                Style.BARE,
                "Could not find any configuration file at default locations.\n"
                        + "Check Barman's documentation for more help.");
    }

    private static boolean isReadableFile(String name) {
        Path path = Path.of(name);
        return Files.isRegularFile(path) && Files.isReadable(path);
    }

    private static String home(Map<String, String> environment) {
        String home = environment.get("HOME");
        return home != null ? home : System.getProperty("user.home", "/");
    }

    /**
     * Reads and parses the file.
     *
     * @param name the path as typed; messages and {@link GlobalConfig#configFile()} repeat it
     * @throws ConfigException when it cannot be parsed or has no section {@code [barman]}
     */
    public static MainConfigFile open(String name) throws ConfigException {
        ConfigFile file = ConfigFile.read(name);
        Map<String, String> global = file.sections().get(ConfigLayers.GLOBAL);
        if (global == null) {
            String hint = isReadableFile(name) ? "" : "\n'" + name + "' is no file that this user can read";
            throw new ConfigException(Style.EXCEPTION, "No section: 'barman'" + hint);
        }
        String directory = value(global, "configuration_files_directory");
        String user = value(global, "barman_user");
        String level = value(global, "log_level");
        return new MainConfigFile(
                file,
                new StartupSettings(
                        value(global, "barman_home"),
                        user == null ? "barman" : user,
                        value(global, "log_file"),
                        level == null ? "INFO" : level,
                        value(global, "log_format"),
                        directory == null ? null : Paths.expandHome(directory, home(System.getenv()))));
    }

    private static @Nullable String value(Map<String, String> global, String option) throws ConfigException {
        String raw = global.get(option);
        if (raw == null) {
            return null;
        }
        String value = ConfigLayers.clean(Interpolation.apply(ConfigLayers.GLOBAL, option, raw, global));
        return value.isEmpty() ? null : value;
    }

    ConfigFile file() {
        return file;
    }

    /** Returns the settings that the process needs before the configuration is loaded. */
    public StartupSettings startup() {
        return startup;
    }

    /** Returns the path as it was typed. */
    public String name() {
        return file.name();
    }
}

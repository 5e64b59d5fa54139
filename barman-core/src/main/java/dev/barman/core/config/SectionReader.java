// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import dev.barman.core.ConfigException;
import dev.barman.core.ConfigException.Style;
import dev.barman.core.config.OptionValue.Text;
import dev.barman.core.message.Messages;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Turns sections of the merged files into typed values and reports what it cannot use. */
final class SectionReader {
    private static final Set<String> GLOBAL_ONLY = Set.of(
            "barman_home",
            "barman_user",
            "barman_lock_directory",
            "config_changes_queue",
            "configuration_files_directory",
            "lock_directory_cleanup",
            "log_file",
            "log_level");

    private final ConfigLayers layers;
    private final String barmanHome;
    private final Messages messages;

    SectionReader(ConfigLayers layers, String barmanHome, Messages messages) {
        this.layers = layers;
        this.barmanHome = barmanHome;
        this.messages = messages;
    }

    /** Returns whether a section is a model. */
    static boolean isModel(ConfigLayers layers, String section) throws ConfigException {
        String model = layers.value(section, "model");
        if (model == null) {
            return false;
        }
        try {
            return ValueParser.parseBoolean(model);
        } catch (InvalidValueException invalid) {
            throw new ConfigException(Style.EXCEPTION, invalid.reason());
        }
    }

    /** Warns about unknown names in {@code [barman]}. */
    static void checkGlobalNames(ConfigLayers layers, Messages messages) {
        for (String name : layers.section(ConfigLayers.GLOBAL).keySet()) {
            if (!GLOBAL_ONLY.contains(name) && ServerOption.named(name) == null) {
                warnUnknown(name, ConfigLayers.GLOBAL, messages);
            }
        }
    }

    private static void warnUnknown(String option, String section, Messages messages) {
        messages.warning("Invalid configuration option \"" + option + "\" in [" + section + "] section.");
    }

    /** Reads a server section: its own values, else inherited ones, else built-in ones. */
    OptionValues server(String section) throws ConfigException {
        for (String name : layers.section(section).keySet()) {
            if (ServerOption.named(name) == null) {
                warnUnknown(name, section, messages);
            }
        }
        OptionValues values = new OptionValues();
        Set<ServerOption> absent = new HashSet<>();
        for (ServerOption option : ServerOption.values()) {
            OptionValue value = option.scope().inServers ? find(option, section) : null;
            if (value == null) {
                absent.add(option);
                value = option.builtIn();
            }
            values.set(option, value);
        }
        derive(section, values, absent);
        return values;
    }

    private @Nullable OptionValue find(ServerOption option, String section) throws ConfigException {
        OptionValue value = parse(option, section);
        return value == null && option.scope().inherited ? parse(option, ConfigLayers.GLOBAL) : value;
    }

    private @Nullable OptionValue parse(ServerOption option, String section) throws ConfigException {
        String text = layers.value(section, option.optionName());
        if (text == null) {
            return null;
        }
        try {
            return ValueParser.parse(option, text, section);
        } catch (InvalidValueException invalid) {
            messages.warning("Ignoring invalid configuration value '" + text + "' for key " + option.optionName()
                    + " in [" + section + "] section: " + invalid.reason());
            return null;
        }
    }

    private void derive(String section, OptionValues values, Set<ServerOption> absent) throws ConfigException {
        if (absent.contains(ServerOption.CLUSTER)) {
            values.set(ServerOption.CLUSTER, new Text(section));
        }
        if (absent.contains(ServerOption.STREAMING_CONNINFO)) {
            values.set(ServerOption.STREAMING_CONNINFO, values.get(ServerOption.CONNINFO));
        }
        String root =
                directory(section, ServerOption.BACKUP_DIRECTORY, Paths.join(barmanHome, section), values, absent);
        directory(section, ServerOption.BASEBACKUPS_DIRECTORY, Paths.join(root, "base"), values, absent);
        directory(section, ServerOption.ERRORS_DIRECTORY, Paths.join(root, "errors"), values, absent);
        directory(section, ServerOption.INCOMING_WALS_DIRECTORY, Paths.join(root, "incoming"), values, absent);
        directory(section, ServerOption.STREAMING_WALS_DIRECTORY, Paths.join(root, "streaming"), values, absent);
        String wals = directory(section, ServerOption.WALS_DIRECTORY, Paths.join(root, "wals"), values, absent);
        if (values.isUnset(ServerOption.XLOGDB_DIRECTORY)) {
            values.set(
                    ServerOption.XLOGDB_DIRECTORY,
                    new Text(Paths.isUrl(wals) ? Paths.join(Paths.join(root, "meta"), Paths.indexOf(wals)) : wals));
        }
    }

    private static String directory(
            String section, ServerOption option, String builtIn, OptionValues values, Set<ServerOption> absent)
            throws ConfigException {
        if (absent.contains(option)) {
            values.set(option, new Text(builtIn));
        }
        String path = values.text(option);
        if (path == null) {
            throw new ConfigException(
                    Style.ERROR,
                    "Option " + option.optionName() + " in [" + section + "] section is empty: give a path or remove"
                            + " the line");
        }
        return path;
    }

    /** Reads a model section; an option that it does not set stays unset, apart from sets of words. */
    Model model(String section) throws ConfigException {
        for (String name : layers.section(section).keySet()) {
            ServerOption option = ServerOption.named(name);
            if (!name.equals("model") && (option == null || !option.scope().inModels)) {
                warnUnknown(name, section, messages);
            }
        }
        OptionValues overrides = new OptionValues();
        for (ServerOption option : ServerOption.values()) {
            OptionValue value = option.scope().inModels ? parse(option, section) : null;
            if (value != null) {
                overrides.set(option, value);
            }
        }
        String cluster = overrides.text(ServerOption.CLUSTER);
        if (cluster == null) {
            throw missing("cluster", section, messages);
        }
        return new Model(section, cluster, overrides);
    }

    /** Reports a missing required option; what it returns stops the command. */
    static ConfigException missing(String option, String section, Messages messages) {
        messages.error("Parameter \"" + option + "\" is required in [" + section + "] section.");
        return new ConfigException(Style.BARE, "Your configuration is missing required parameters. Exiting.");
    }

    /** A named set of overrides for the servers of one cluster. */
    record Model(String name, String cluster, OptionValues overrides) {
        void applyTo(OptionValues values) {
            for (ServerOption option : ServerOption.values()) {
                if (option != ServerOption.CLUSTER && !overrides.isUnset(option)) {
                    values.set(option, overrides.get(option));
                }
            }
        }
    }
}

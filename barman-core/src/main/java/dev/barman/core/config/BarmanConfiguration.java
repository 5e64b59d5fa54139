// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import dev.barman.core.ConfigException;
import dev.barman.core.ConfigException.Style;
import dev.barman.core.config.SectionReader.Model;
import dev.barman.core.message.Messages;
import dev.barman.core.retention.RetentionPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * The configuration of one Barman installation: the global options and the servers.
 *
 * <p>Sections are turned into servers the first time one is asked for, so that a broken section does not affect commands
 * that look at none. What is wrong but bearable is reported through {@link Messages}. Not thread-safe.
 */
public final class BarmanConfiguration {
    private final ConfigLayers layers;
    private final GlobalConfig global;
    private final String barmanHome;
    private final Messages messages;

    private @Nullable Sections sections;

    private BarmanConfiguration(ConfigLayers layers, GlobalConfig global, String barmanHome, Messages messages) {
        this.layers = layers;
        this.global = global;
        this.barmanHome = barmanHome;
        this.messages = messages;
    }

    /** All sections, typed: values of servers in file order, models, conflicts; and the servers built so far. */
    private record Sections(
            Map<String, OptionValues> servers,
            Map<String, Model> models,
            PathConflicts conflicts,
            Map<String, ServerConfig> built) {}

    /** Opens and loads a main file: {@link MainConfigFile#open} and {@link #load(MainConfigFile, Messages)} in one. */
    public static BarmanConfiguration load(String mainFile, Messages messages) throws ConfigException {
        return load(MainConfigFile.open(mainFile), messages);
    }

    /**
     * Loads the includes and the automatic file, and checks the global section.
     *
     * @param messages receives what is wrong, now and when servers are looked at
     * @throws ConfigException when a file cannot be parsed, an include has its own {@code [barman]} section, or {@code
     *     barman_home} is missing
     */
    public static BarmanConfiguration load(MainConfigFile main, Messages messages) throws ConfigException {
        ConfigLayers layers = ConfigLayers.load(main);
        StartupSettings startup = main.startup();
        String home = startup.barmanHome();
        if (home == null) {
            throw SectionReader.missing("barman_home", ConfigLayers.GLOBAL, messages);
        }
        SectionReader.checkGlobalNames(layers, messages);
        String locks = layers.value(ConfigLayers.GLOBAL, "barman_lock_directory");
        String queue = layers.value(ConfigLayers.GLOBAL, "config_changes_queue");
        String includes = startup.configurationFilesDirectory();
        String logFile = startup.logFile();
        GlobalConfig global = new GlobalConfig(
                main.name(),
                Path.of(home),
                startup.barmanUser(),
                Path.of(locks == null || locks.isEmpty() ? home : locks),
                Path.of(queue == null || queue.isEmpty() ? Paths.join(home, "cfg_changes.queue") : queue),
                includes == null ? null : Path.of(includes),
                lockDirectoryCleanup(layers),
                logFile == null ? null : Path.of(logFile),
                startup.logLevel(),
                startup.logFormat());
        return new BarmanConfiguration(layers, global, home, messages);
    }

    private static boolean lockDirectoryCleanup(ConfigLayers layers) throws ConfigException {
        String text = layers.value(ConfigLayers.GLOBAL, "lock_directory_cleanup");
        if (text == null) {
            return true;
        }
        try {
            return ValueParser.parseBoolean(text);
        } catch (InvalidValueException invalid) {
            throw new ConfigException(Style.EXCEPTION, invalid.reason());
        }
    }

    /** Returns the global options. */
    public GlobalConfig global() {
        return global;
    }

    /**
     * Returns the names of all servers, sorted.
     *
     * @throws ConfigException when a section makes every server unusable
     */
    public List<String> serverNames() throws ConfigException {
        return new ArrayList<>(new TreeMap<>(sections().servers()).keySet());
    }

    /**
     * Returns the names of all models, sorted.
     *
     * @throws ConfigException as for {@link #serverNames()}
     */
    public List<String> modelNames() throws ConfigException {
        return new ArrayList<>(new TreeMap<>(sections().models()).keySet());
    }

    /**
     * Returns the directories that two servers share. While there are any, no command may touch a server: it prints each
     * as an error and exits with 1.
     *
     * @throws ConfigException as for {@link #serverNames()}
     */
    public List<String> pathConflicts() throws ConfigException {
        return sections().conflicts().betweenServers();
    }

    /**
     * Returns all servers, sorted by name.
     *
     * @throws ConfigException as for {@link #serverNames()}
     */
    public List<ServerConfig> servers() throws ConfigException {
        TreeMap<String, ServerConfig> servers = new TreeMap<>();
        for (String name : sections().servers().keySet()) {
            servers.put(name, build(name));
        }
        return List.copyOf(servers.values());
    }

    /**
     * Returns one server; empty when there is none of this name. Only this server's warnings are reported.
     *
     * @throws ConfigException as for {@link #serverNames()}
     */
    public Optional<ServerConfig> server(String name) throws ConfigException {
        return sections().servers().containsKey(name) ? Optional.of(build(name)) : Optional.empty();
    }

    private Sections sections() throws ConfigException {
        Sections known = sections;
        if (known != null) {
            return known;
        }
        SectionReader reader = new SectionReader(layers, barmanHome, messages);
        Map<String, OptionValues> servers = new LinkedHashMap<>();
        Map<String, Model> models = new HashMap<>();
        for (String name : layers.sectionNames()) {
            if (name.equals(ConfigLayers.GLOBAL)) {
                continue;
            }
            if (name.equals("all")) {
                String text = "the reserved word 'all' is not allowed as server name.Please rename it.";
                LoggerFactory.getLogger("barman.config").error(text);
                throw new ConfigException(Style.BARE, "FATAL: " + text);
            }
            if (SectionReader.isModel(layers, name)) {
                models.put(name, reader.model(name));
            } else {
                servers.put(name, reader.server(name));
            }
        }
        known = new Sections(servers, models, new PathConflicts(new TreeMap<>(servers)), new HashMap<>());
        sections = known;
        return known;
    }

    private ServerConfig build(String name) throws ConfigException {
        Sections all = sections();
        ServerConfig server = all.built().get(name);
        if (server == null) {
            OptionValues values = all.servers().get(name);
            if (values == null) {
                throw new IllegalArgumentException("no server " + name);
            }
            server = build(name, values, all);
            all.built().put(name, server);
        }
        return server;
    }

    private ServerConfig build(String name, OptionValues values, Sections all) throws ConfigException {
        List<String> problems = new ArrayList<>(all.conflicts().of(name));
        String modelName = applyActiveModel(name, values, all.models(), problems);
        RetentionPolicy policy = LateValues.settle(name, values);
        if (values.isUnset(ServerOption.PRIMARY_SSH_COMMAND)) {
            problems.addAll(new ServerRules(name, values, messages).apply());
        }
        return new ServerConfig(name, values, global.lockDirectory(), modelName, policy, problems);
    }

    private @Nullable String applyActiveModel(
            String server, OptionValues values, Map<String, Model> models, List<String> problems) {
        String modelName = activeModelName(String.valueOf(values.text(ServerOption.BACKUP_DIRECTORY)));
        if (modelName == null) {
            return null;
        }
        Model model = models.get(modelName);
        if (model == null) {
            problems.add("Model '" + modelName + "' is set as the active model for the server '" + server
                    + "' but the model does not exist.");
            return null;
        }
        String cluster = String.valueOf(values.text(ServerOption.CLUSTER));
        if (!model.cluster().equals(cluster)) {
            messages.error("Model '" + modelName + "' has 'cluster=" + model.cluster()
                    + "', which is not compatible with 'cluster=" + cluster + "' from server '" + server + "'");
            return null;
        }
        model.applyTo(values);
        return modelName;
    }

    private static @Nullable String activeModelName(String backupDirectory) {
        try {
            String name = Files.readString(Path.of(backupDirectory, ".active-model.auto"))
                    .strip();
            return name.isEmpty() ? null : name;
        } catch (NoSuchFileException none) {
            return null;
        } catch (IOException unreadable) {
            LoggerFactory.getLogger("barman.config")
                    .warn("Cannot read the active model below {}: {}", backupDirectory, unreadable.toString());
            return null;
        }
    }
}

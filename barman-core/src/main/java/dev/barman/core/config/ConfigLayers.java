// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import dev.barman.core.ConfigException;
import dev.barman.core.ConfigException.Style;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The files of a configuration, merged option by option: the later file wins. */
final class ConfigLayers {
    static final String GLOBAL = "barman";

    private final Map<String, Map<String, Setting>> sections = new LinkedHashMap<>();

    /** A value after the first interpolation, and the file that supplied it. */
    record Setting(String raw, String file) {}

    /** Merges the main file, the includes in the order of their names, and the automatic file of {@code home}. */
    static ConfigLayers load(MainConfigFile main) throws ConfigException {
        ConfigLayers layers = new ConfigLayers();
        layers.add(main.file());
        String directory = main.startup().configurationFilesDirectory();
        if (directory != null) {
            layers.include(directory);
        }
        String home = main.startup().barmanHome();
        if (home != null) {
            String automatic = Paths.join(home, ".barman.auto.conf");
            if (Files.exists(Path.of(automatic))) {
                layers.addInclude(automatic);
            }
        }
        return layers;
    }

    private void include(String directory) throws ConfigException {
        Logger log = LoggerFactory.getLogger("barman.config");
        Path path = Path.of(directory);
        if (!Files.isDirectory(path)) {
            log.warn("Ignoring the \"configuration_files_directory\" option as \"{}\" is not a directory", directory);
            return;
        }
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
            for (Path entry : entries) {
                String name = String.valueOf(entry.getFileName());
                if (name.endsWith(".conf") && !name.startsWith(".")) {
                    names.add(name);
                }
            }
        } catch (IOException unreadable) {
            log.warn("Cannot list the configuration directory \"{}\": {}", directory, unreadable.toString());
            return;
        }
        Collections.sort(names);
        for (String name : names) {
            String file = Paths.join(directory, name);
            if (!Files.exists(Path.of(file))) {
                log.warn("Discarding configuration file: {} (not found)", file);
            } else if (!Files.isRegularFile(Path.of(file))) {
                log.warn("Discarding configuration file: {} (not a file)", file);
            } else {
                if (!Files.isReadable(Path.of(file))) {
                    log.warn("This user cannot read the configuration file {}: what it configures is missing", file);
                }
                log.debug("Including configuration file: {}", file);
                addInclude(file);
            }
        }
    }

    private void addInclude(String name) throws ConfigException {
        ConfigFile file = ConfigFile.read(name);
        Map<String, String> repeated = file.sections().get(GLOBAL);
        if (repeated != null) {
            Map<String, Setting> global = section(GLOBAL);
            for (Map.Entry<String, String> option : repeated.entrySet()) {
                Setting original = global.get(option.getKey());
                if (original == null || !original.raw().equals(option.getValue())) {
                    String text = "the configuration file " + name + " contains a not empty [barman] section";
                    LoggerFactory.getLogger("barman.config").error(text);
                    throw new ConfigException(Style.BARE, "FATAL: " + text);
                }
            }
        }
        add(file);
    }

    private void add(ConfigFile file) {
        for (Map.Entry<String, Map<String, String>> section : file.sections().entrySet()) {
            Map<String, Setting> merged = sections.computeIfAbsent(section.getKey(), name -> new LinkedHashMap<>());
            for (Map.Entry<String, String> option : section.getValue().entrySet()) {
                merged.put(option.getKey(), new Setting(option.getValue(), file.name()));
            }
        }
    }

    /** Returns the section names in order of first appearance, {@code barman} included. */
    Iterable<String> sectionNames() {
        return Collections.unmodifiableSet(sections.keySet());
    }

    /** Returns the options of a section; empty when there is no such section. */
    Map<String, Setting> section(String name) {
        Map<String, Setting> section = sections.get(name);
        return section == null ? Map.of() : section;
    }

    /** Returns the final text of an option: interpolated again, {@code None} emptied, quotes removed. Null if absent. */
    @Nullable
    String value(String sectionName, String option) throws ConfigException {
        Map<String, Setting> section = section(sectionName);
        Setting setting = section.get(option);
        if (setting == null) {
            return null;
        }
        String raw = setting.raw();
        if (raw.indexOf('%') >= 0) {
            Map<String, String> texts = new LinkedHashMap<>();
            for (Map.Entry<String, Setting> entry : section.entrySet()) {
                texts.put(entry.getKey(), entry.getValue().raw());
            }
            raw = Interpolation.apply(sectionName, option, raw, texts);
        }
        return clean(raw);
    }

    /** Applies the rules for {@code None} and for one pair of matching outer quotes. */
    static String clean(String value) {
        if (value.equals("None")) {
            return "";
        }
        int last = value.length() - 1;
        if (last >= 1
                && (value.charAt(0) == '"' || value.charAt(0) == '\'')
                && value.charAt(0) == value.charAt(last)
                && value.indexOf('\n') < 0) {
            return value.substring(1, last);
        }
        return value;
    }
}

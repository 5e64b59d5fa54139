// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import dev.barman.core.message.RecordingMessages;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compares with what Barman 3.17 printed for the same configuration files. */
class GoldenConfigurationTest {
    @TempDir
    Path directory;

    /** Loads a recorded main file with the recorded includes, its home below the temporary directory. */
    private BarmanConfiguration load(String recording, RecordingMessages messages) throws Exception {
        Path includes = Files.createDirectories(directory.resolve("barman.d"));
        try (DirectoryStream<Path> files = Files.newDirectoryStream(ConfigFixture.recording("config/barman.d"))) {
            for (Path file : files) {
                Files.writeString(includes.resolve(file.getFileName()), relocate(Files.readString(file)));
            }
        }
        Path home = Files.createDirectories(directory.toRealPath().resolve("barman"));
        Files.copy(ConfigFixture.recording("config/barman.auto.conf"), home.resolve(".barman.auto.conf"));
        String text = relocate(Files.readString(ConfigFixture.recording(recording)))
                .replace("/etc/barman.d", includes.toString());
        Path main = Files.writeString(directory.resolve("barman.conf"), text);
        return BarmanConfiguration.load(main.toString(), messages);
    }

    private String relocate(String recorded) throws IOException {
        return recorded.replace(
                "/var/lib/barman", directory.toRealPath().resolve("barman").toString());
    }

    private static JsonElement json(OptionValue value) {
        if (value instanceof OptionValue.Unset) {
            return JsonNull.INSTANCE;
        } else if (value instanceof OptionValue.Flag flag) {
            return new JsonPrimitive(flag.value());
        } else if (value instanceof OptionValue.Whole whole) {
            return new JsonPrimitive(whole.value());
        } else if (value instanceof OptionValue.Names names) {
            JsonArray array = new JsonArray();
            names.values().forEach(array::add);
            return array;
        } else if (value instanceof OptionValue.Rates rates) {
            JsonObject object = new JsonObject();
            rates.values().forEach(object::addProperty);
            return object;
        }
        return new JsonPrimitive(value.text());
    }

    /** Splits the console output into servers, each with its lines by key. */
    private Map<String, Map<String, String>> recordedText(String recording) throws IOException {
        Map<String, Map<String, String>> servers = new TreeMap<>();
        Map<String, String> current = new TreeMap<>();
        for (String line :
                relocate(Files.readString(ConfigFixture.recording(recording))).split("\n")) {
            if (line.startsWith("Server ")) {
                current = new TreeMap<>();
                servers.put(
                        line.substring(7, line.indexOf(' ', 7) < 0 ? line.length() - 1 : line.indexOf(' ', 7)),
                        current);
            } else if (line.startsWith("\t")) {
                int colon = line.indexOf(": ");
                current.put(line.substring(1, colon), line.substring(colon + 2));
            }
        }
        return servers;
    }

    private static void assertShows(List<ServerConfig> servers, Map<String, Map<String, String>> recorded) {
        assertThat(servers.stream().map(ServerConfig::name)).containsExactlyElementsOf(recorded.keySet());
        for (ServerConfig server : servers) {
            Map<String, String> expected = recorded.getOrDefault(server.name(), Map.of());
            for (ConfigValue value : server.describe()) {
                assertThat(expected).as(server.name()).containsKey(value.name());
                if (!value.name().equals("last_backup_maximum_age")) {
                    assertThat(value.text().replace("password=barman-secret", "password=*REDACTED*"))
                            .as(server.name() + " " + value.name())
                            .isEqualTo(expected.get(value.name()));
                }
            }
        }
    }

    @Test
    void everyOptionIsShownAsRecorded() throws Exception {
        RecordingMessages messages = new RecordingMessages();
        BarmanConfiguration configuration = load("config/barman.conf", messages);
        assertShows(configuration.servers(), recordedText("show-servers/all.out"));
        assertThat(undebugged(messages)).isEmpty();
        assertThat(configuration.modelNames()).containsExactly("streaming:replica");
        assertThat(configuration.pathConflicts()).isEmpty();
    }

    @Test
    void everyOptionHasTheRecordedJson() throws Exception {
        JsonObject recorded = JsonParser.parseString(
                        relocate(Files.readString(ConfigFixture.recording("show-servers/all.json"))))
                .getAsJsonObject();
        for (ServerConfig server :
                load("config/barman.conf", new RecordingMessages()).servers()) {
            JsonObject expected = recorded.getAsJsonObject(server.name());
            for (ConfigValue value : server.describe()) {
                if (!value.name().equals("last_backup_maximum_age")) {
                    assertThat(json(value.value()))
                            .as(server.name() + " " + value.name())
                            .isEqualTo(expected.get(value.name()));
                }
            }
        }
    }

    @Test
    void theBrokenServerIsDisabledForBothReasons() throws Exception {
        assertThat(load("config/barman.conf", new RecordingMessages())
                        .server("broken")
                        .orElseThrow()
                        .problems())
                .containsExactly(
                        relocate("Conflicting path: wals_directory=/var/lib/barman/broken/incoming conflicts with"
                                + " 'incoming_wals_directory' for server 'broken'"),
                        "Missing or invalid ssh_command in barman configuration for server broken");
    }

    @Test
    void everyWarningIsGivenInTheRecordedOrder() throws Exception {
        RecordingMessages messages = new RecordingMessages();
        BarmanConfiguration configuration = load("config/variants/many-warnings.conf", messages);
        List<ServerConfig> servers = configuration.servers();
        assertThat(undebugged(messages))
                .isEqualTo(Files.readAllLines(ConfigFixture.recording("config/many-warnings.err")));
        assertShows(servers, recordedText("show-servers/many-warnings-all.out"));
        List<String> disabled = new ArrayList<>();
        for (ServerConfig server : servers) {
            if (server.disabled()) {
                disabled.add(server.name());
            }
        }
        assertThat(disabled).containsExactly("badmethod", "nothing");
    }

    @Test
    void everyConflictIsListedInTheRecordedOrder() throws Exception {
        String[] recorded = relocate(Files.readString(ConfigFixture.recording("config/conflicting-paths.err")))
                .split("\n");
        assertThat(load("config/variants/conflicting-paths.conf", new RecordingMessages()).pathConflicts().stream()
                        .map(conflict -> "ERROR: " + conflict))
                .containsExactly(recorded);
    }

    /** The recordings were made without {@code -d}. */
    private static List<String> undebugged(RecordingMessages messages) {
        return messages.lines().stream()
                .filter(line -> !line.startsWith("DEBUG: "))
                .toList();
    }
}

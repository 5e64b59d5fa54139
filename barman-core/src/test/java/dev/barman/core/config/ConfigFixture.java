// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import dev.barman.core.ConfigException;
import dev.barman.core.message.RecordingMessages;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** A configuration below a temporary directory: {@code barman.conf}, {@code conf.d/}, {@code home/}. */
final class ConfigFixture {
    final Path root;
    final Path home;
    final RecordingMessages messages = new RecordingMessages();

    ConfigFixture(Path root) throws IOException {
        this.root = root.toRealPath();
        this.home = Files.createDirectories(this.root.resolve("home"));
        Files.createDirectories(this.root.resolve("conf.d"));
    }

    /** Writes the main file: a global section that names the home and the includes, then the lines. */
    ConfigFixture main(String... lines) throws IOException {
        Files.writeString(
                root.resolve("barman.conf"),
                "[barman]\nbarman_home = " + home + "\nconfiguration_files_directory = " + root.resolve("conf.d") + "\n"
                        + String.join("\n", lines) + "\n");
        return this;
    }

    /** Writes one include. */
    ConfigFixture include(String name, String... lines) throws IOException {
        Files.writeString(root.resolve("conf.d").resolve(name), String.join("\n", lines) + "\n");
        return this;
    }

    BarmanConfiguration load() throws ConfigException {
        return BarmanConfiguration.load(root.resolve("barman.conf").toString(), messages);
    }

    ServerConfig server(String name) throws ConfigException {
        return load().server(name).orElseThrow();
    }

    /** Returns the text that {@code show-servers} has for an option. */
    static String shown(ServerConfig server, String option) {
        return server.describe().stream()
                .filter(value -> value.name().equals(option))
                .findFirst()
                .orElseThrow()
                .text();
    }

    /** Returns a recorded file. */
    static Path recording(String name) {
        URL url = Objects.requireNonNull(
                ConfigFixture.class.getResource("/barman-3.17/" + name), () -> "no recording " + name);
        try {
            return Path.of(url.toURI());
        } catch (URISyntaxException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}

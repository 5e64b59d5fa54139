// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What Barman 3.17 printed from a catalogue, our commands print too: see the README beside the recordings. */
class RecordedCatalogueTest {
    private static final String RECORDED_HOME = "/var/lib/barman";

    @TempDir
    private static Path directory;

    private static Path home;
    private static Path configuration;

    /** What a command did. */
    private record Result(String out, String err, int code) {}

    @BeforeAll
    static void unpack() throws Exception {
        home = Files.createDirectory(directory.resolve("home"));
        Path recordings = recordings();
        for (String[] row : rows(recordings.resolve("home.filelist"))) {
            create(home.resolve(row[0]), row[1], Long.parseLong(row[2].replace("-", "0")));
        }
        Path backup = Path.of("streaming/base/20261120T125321");
        for (String[] row : rows(recordings.resolve("home").resolve(backup).resolve("data.filelist"))) {
            create(home.resolve(backup).resolve(row[0]), row[1], 0);
        }
        try (Stream<Path> files = Files.walk(recordings.resolve("home"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (!file.endsWith("data.filelist")) {
                    Path target = home.resolve(
                            recordings.resolve("home").relativize(file).toString());
                    Files.write(target, Files.readAllBytes(file));
                }
            }
        }
        Path includes = Files.createDirectory(directory.resolve("barman.d"));
        try (Stream<Path> files = Files.list(recordings.resolve("etc/barman.d"))) {
            for (Path file : files.toList()) {
                Files.writeString(includes.resolve(file.getFileName().toString()), here(Files.readString(file)));
            }
        }
        configuration = directory.resolve("barman.conf");
        Files.writeString(
                configuration,
                here(Files.readString(recordings.resolve("etc/barman.conf")))
                        .replace("barman_user = barman", "barman_user = " + System.getProperty("user.name"))
                        .replace("/etc/barman.d", includes.toString())
                        .replace("/var/log/barman", directory.toString()));
    }

    @TestFactory
    Stream<DynamicTest> commandsPrintWhatBarmanPrinted() throws Exception {
        Path outputs = recordings().resolve("outputs");
        try (Stream<Path> files = Files.list(outputs)) {
            List<String> labels = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".cmd"))
                    .map(name -> name.substring(0, name.length() - ".cmd".length()))
                    .sorted()
                    .toList();
            assertThat(labels).hasSizeGreaterThan(100);
            return labels.stream().map(label -> DynamicTest.dynamicTest(label, () -> compare(outputs, label)));
        }
    }

    @Test
    void recordingsAreComparedInEarnest() throws Exception {
        Result result = run("barman list-backups shipping");

        assertThat(result.out())
                .isNotEqualTo(here(read(recordings().resolve("outputs"), "029-list-backups-streaming.out")));
    }

    private static void compare(Path outputs, String label) throws Exception {
        Result result = run(read(outputs, label + ".cmd").strip());

        String code = read(outputs, label + ".rc").strip();
        String trimmed = read(outputs, label + ".trimmed");
        if (trimmed.isEmpty()) {
            assertThat(result.out()).isEqualTo(here(read(outputs, label + ".out")));
        } else {
            String[] lines =
                    result.out().replace(home.toString(), RECORDED_HOME).split("\n");
            assertThat(trimmed).startsWith(lines.length + " lines").contains(sha256OfSorted(lines));
        }
        assertThat(result.err()).isEqualTo(here(read(outputs, label + ".err")));
        assertThat(result.code()).isEqualTo(code.isEmpty() ? 0 : Integer.parseInt(code));
    }

    private static Result run(String line) {
        List<String> words = words(line);
        assertThat(words.get(0)).isEqualTo("barman");
        List<String> arguments = new ArrayList<>(List.of("-c", configuration.toString()));
        arguments.addAll(words.subList(1, words.size()));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = Main.run(
                arguments.toArray(String[]::new),
                Map.of("HOME", directory.toString()),
                new PrintStream(out, true, UTF_8),
                new PrintStream(err, true, UTF_8));
        return new Result(out.toString(UTF_8), err.toString(UTF_8), code);
    }

    /** Splits a shell line that has plain words and words in single quotes. */
    private static List<String> words(String line) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean quoted = false;
        for (char c : (line + " ").toCharArray()) {
            if (c == '\'') {
                quoted = !quoted;
            } else if (c == ' ' && !quoted) {
                words.add(word.toString());
                word.setLength(0);
            } else {
                word.append(c);
            }
        }
        return words;
    }

    private static String sha256OfSorted(String[] lines) throws NoSuchAlgorithmException {
        List<String> sorted = new ArrayList<>(Arrays.asList(lines));
        Collections.sort(sorted);
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        for (String line : sorted) {
            digest.update((line + "\n").getBytes(UTF_8));
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** The text with the paths of this run. */
    private static String here(String text) {
        return text.replace(RECORDED_HOME, home.toString());
    }

    private static String read(Path outputs, String name) throws IOException {
        Path file = outputs.resolve(name);
        return Files.exists(file) ? Files.readString(file) : "";
    }

    private static List<String[]> rows(Path list) throws IOException {
        List<String[]> rows = new ArrayList<>();
        for (String line : Files.readAllLines(list)) {
            if (!line.startsWith("#")) {
                rows.add(line.split("\t"));
            }
        }
        return rows;
    }

    private static void create(Path path, String type, long size) throws IOException {
        if (type.equals("d")) {
            Files.createDirectories(path);
            return;
        }
        Files.createDirectories(path.getParent());
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            // a hole: it takes no space
            file.setLength(size);
        }
    }

    private static Path recordings() throws URISyntaxException {
        URL url = RecordedCatalogueTest.class.getResource("/barman-3.17/README.md");
        assertThat(url).isNotNull();
        return Path.of(url.toURI()).getParent();
    }
}

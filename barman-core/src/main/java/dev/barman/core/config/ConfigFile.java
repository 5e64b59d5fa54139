// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import dev.barman.core.ConfigException;
import dev.barman.core.ConfigException.Style;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One configuration file: its sections with their options, interpolated inside the file.
 *
 * <p>The dialect is that of Python's {@code configparser} in its non-strict form, which Barman uses: {@code =} and
 * {@code :} as delimiters, whole-line comments with {@code #} and {@code ;}, no inline comments, continuation lines by
 * deeper indentation, blank lines inside values, lower-cased option names, a {@code [DEFAULT]} section whose options
 * are copied into every other one, the last of several equal options winning. Immutable.
 */
public final class ConfigFile {
    private static final String DEFAULT_SECTION = "DEFAULT";

    private final String name;
    private final Map<String, Map<String, String>> sections;

    private ConfigFile(String name, Map<String, Map<String, String>> sections) {
        this.name = name;
        this.sections = sections;
    }

    /**
     * Reads a file. A file that cannot be opened (a directory, no permission, gone) counts as one without sections, as
     * it does for Barman.
     *
     * @param name the path as the user wrote it; error messages quote it
     * @throws ConfigException when the text cannot be decoded, parsed or interpolated
     */
    public static ConfigFile read(String name) throws ConfigException {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(Path.of(name));
        } catch (IOException unreadable) {
            return new ConfigFile(name, Map.of());
        }
        return parse(name, decode(bytes));
    }

    /**
     * Parses the text of a file.
     *
     * @throws ConfigException when the text cannot be parsed or interpolated
     */
    public static ConfigFile parse(String name, String text) throws ConfigException {
        Map<String, Map<String, String>> raw = new IniReader(name, text).read();
        Map<String, String> defaults = raw.remove(DEFAULT_SECTION);
        Map<String, Map<String, String>> sections = new LinkedHashMap<>();
        for (Map.Entry<String, Map<String, String>> section : raw.entrySet()) {
            Map<String, String> options = section.getValue();
            if (defaults != null) {
                Map<String, String> merged = new LinkedHashMap<>(defaults);
                merged.putAll(options);
                options = merged;
            }
            sections.put(section.getKey(), interpolate(section.getKey(), options));
        }
        return new ConfigFile(name, Collections.unmodifiableMap(sections));
    }

    private static Map<String, String> interpolate(String section, Map<String, String> raw) throws ConfigException {
        Map<String, String> values = new LinkedHashMap<>();
        for (Map.Entry<String, String> option : raw.entrySet()) {
            values.put(option.getKey(), Interpolation.apply(section, option.getKey(), option.getValue(), raw));
        }
        for (String value : values.values()) {
            Interpolation.check(value);
        }
        return Collections.unmodifiableMap(values);
    }

    private static String decode(byte[] bytes) throws ConfigException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(buffer)
                    .toString();
        } catch (CharacterCodingException malformed) {
            int position = buffer.position();
            throw new ConfigException(
                    Style.EXCEPTION,
                    "'utf-8' codec can't decode byte 0x" + hex(bytes[position]) + " in position " + position
                            + ": invalid byte sequence");
        }
    }

    private static String hex(byte value) {
        return Integer.toHexString(0x100 | (value & 0xff)).substring(1);
    }

    /** Returns the name under which the file was read. */
    public String name() {
        return name;
    }

    /**
     * Returns the sections in the order of the file, each with its options in order of appearance. Names of options are
     * in lower case. Values are interpolated once; {@link Interpolation} tells about the second time. Unmodifiable.
     */
    public Map<String, Map<String, String>> sections() {
        return sections;
    }
}

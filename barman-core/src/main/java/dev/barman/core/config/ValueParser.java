// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import dev.barman.core.ConfigException;
import dev.barman.core.ConfigException.Style;
import dev.barman.core.config.OptionValue.Flag;
import dev.barman.core.config.OptionValue.Interval;
import dev.barman.core.config.OptionValue.Magic;
import dev.barman.core.config.OptionValue.Names;
import dev.barman.core.config.OptionValue.Text;
import dev.barman.core.config.OptionValue.Whole;
import dev.barman.core.config.OptionValue.Words;
import dev.barman.core.text.PythonText;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The grammars of typed values. The reasons it gives are Barman's texts. */
final class ValueParser {
    static final String BOOLEAN_REASON =
            "Invalid boolean representation (must be one in: true|t|yes|1|on | false|f|no|0|off)";

    private static final List<String> COMPRESSIONS =
            List.of("gzip", "bzip2", "pygzip", "pybzip2", "pigz", "xz", "zstd", "lz4", "snappy", "custom");
    private static final List<String> BACKUP_OPTIONS =
            List.of("concurrent_backup", "exclusive_backup", "external_configuration");
    private static final List<String> RECOVERY_OPTIONS = List.of("get-wal", "delta-restore");

    private ValueParser() {}

    /**
     * Reads a value.
     *
     * @param value the text without quotes; empty is allowed
     * @param section the section that holds it, for reasons that name it
     * @return the value, or null when the text counts as an absent option
     * @throws InvalidValueException when the text does not follow the grammar
     * @throws ConfigException when the value is one that Barman cannot even ignore
     */
    static @Nullable OptionValue parse(ServerOption option, String value, String section)
            throws InvalidValueException, ConfigException {
        OptionType type = option.type();
        if (value.isEmpty() && type.emptyUnsets) {
            return OptionValue.UNSET;
        }
        return switch (type) {
            case TEXT -> new Text(value);
            case BOOL -> Flag.of(parseBoolean(value));
            case INT -> new Whole(parseInteger(value));
            case INTERVAL -> value.isEmpty() ? null : new Interval(parseInterval(value));
            case SIZE -> value.isEmpty() ? null : new Whole(parseSize(value));
            case SLOT -> new Text(parseSlot(value));
            case ABSOLUTE_PATH -> new Text(parseAbsolutePath(value));
            case BACKUP_OPTIONS -> new Words("BackupOptions", parseWords(option, value, section, BACKUP_OPTIONS));
            case RECOVERY_OPTIONS -> new Words("RecoveryOptions", parseWords(option, value, section, RECOVERY_OPTIONS));
            case REUSE_BACKUP -> oneOf(value, "Invalid value (use 'copy', 'link' or 'off')", "copy", "link", "off");
            case CREATE_SLOT -> oneOf(value, "Invalid value (use 'manual' or 'auto')", "manual", "auto");
            case BACKUP_METHOD ->
                oneOf(
                        value,
                        "Invalid value (must be one in: 'rsync', 'postgres', 'local-rsync', 'snapshot')",
                        "rsync",
                        "postgres",
                        "local-rsync",
                        "snapshot");
            case BACKUP_COMPRESSION ->
                oneOf(
                        value,
                        "Invalid value '" + value + "'(must be one in: ['gzip', 'lz4', 'zstd', 'none'])",
                        "gzip",
                        "lz4",
                        "zstd",
                        "none");
            case BACKUP_COMPRESSION_FORMAT ->
                oneOf(value, "Invalid value (must be either `plain` or `tar`)", "plain", "tar");
            case BACKUP_COMPRESSION_LOCATION ->
                oneOf(value, "Invalid value (must be either `client` or `server`)", "client", "server");
            case ENCRYPTION -> {
                Text encryption = oneOf(
                        value,
                        "Invalid encryption value '" + value + "'. Allowed values are: none, gpg.",
                        "none",
                        "gpg");
                yield encryption.value().equals("none") ? null : encryption;
            }
            case COMBINE_MODE ->
                oneOf(
                        value,
                        "Invalid value: " + value + " (options are: copy, link, clone, copy-file-range)",
                        "copy",
                        "link",
                        "clone",
                        "copy-file-range");
            case STAGING_LOCATION -> parseStagingLocation(value);
            case SNAPSHOT_DISKS -> new Names(parseDisks(value));
            case COMPRESSION ->
                oneOf(
                        value,
                        "Invalid value: '" + value + "' (must be one in: " + String.join(", ", COMPRESSIONS) + ")",
                        COMPRESSIONS.toArray(new String[0]));
            case COMPRESSION_LEVEL -> parseLevel(value);
            case MAGIC -> new Magic(parseMagic(option, value, section));
        };
    }

    static boolean parseBoolean(String value) throws InvalidValueException {
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "true", "t", "yes", "1", "on" -> true;
            case "false", "f", "no", "0", "off" -> false;
            default -> throw new InvalidValueException(BOOLEAN_REASON);
        };
    }

    /** Reads a decimal integer with an optional sign and single underscores between digits; cut to 64 bits. */
    static long parseInteger(String value) throws InvalidValueException {
        String text = PythonBlanks.strip(value);
        boolean signed = !text.isEmpty() && (text.charAt(0) == '-' || text.charAt(0) == '+');
        boolean negative = signed && text.charAt(0) == '-';
        long result = 0;
        boolean digitBefore = false;
        for (int i = signed ? 1 : 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (isDigit(c)) {
                result = appendDigit(result, c);
                digitBefore = true;
            } else if (c == '_' && digitBefore && i + 1 < text.length()) {
                digitBefore = false;
            } else {
                digitBefore = false;
                break;
            }
        }
        if (!digitBefore) {
            throw new InvalidValueException("invalid literal for int() with base 10: " + PythonText.repr(value));
        }
        return negative ? -result : result;
    }

    private static long appendDigit(long number, char digit) {
        int value = digit - '0';
        return number > (Long.MAX_VALUE - value) / 10 ? Long.MAX_VALUE : number * 10 + value;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static int skipDigits(String text, int from) {
        int i = from;
        while (i < text.length() && isDigit(text.charAt(i))) {
            i++;
        }
        return i;
    }

    private static int skipSpace(String text, int from) {
        int i = from;
        while (i < text.length() && PythonBlanks.isSpace(text.charAt(i))) {
            i++;
        }
        return i;
    }

    static Duration parseInterval(String value) throws InvalidValueException {
        String text = PythonBlanks.strip(value);
        int digits = skipDigits(text, 0);
        int unit = skipSpace(text, digits);
        if (digits > 0 && digits <= 9 && unit > digits) {
            long count = Long.parseLong(text.substring(0, digits));
            long hours = switch (text.substring(unit).toLowerCase(Locale.ROOT)) {
                case "hour", "hours" -> 1;
                case "day", "days" -> 24;
                case "week", "weeks" -> 7 * 24;
                case "month", "months" -> 31 * 24;
                default -> 0;
            };
            if (hours > 0) {
                return Duration.ofHours(count * hours);
            }
        }
        throw new InvalidValueException("Invalid value for a time interval " + value);
    }

    static long parseSize(String value) throws InvalidValueException {
        String text = PythonBlanks.strip(value);
        int digits = skipDigits(text, 0);
        if (digits > 0) {
            long factor = switch (text.substring(skipSpace(text, digits))) {
                case "" -> 1L;
                case "k" -> 1_000L;
                case "Ki" -> 1L << 10;
                case "M" -> 1_000_000L;
                case "Mi" -> 1L << 20;
                case "G" -> 1_000_000_000L;
                case "Gi" -> 1L << 30;
                case "T" -> 1_000_000_000_000L;
                case "Ti" -> 1L << 40;
                default -> 0L;
            };
            if (factor > 0) {
                long count = 0;
                for (int i = 0; i < digits; i++) {
                    count = appendDigit(count, text.charAt(i));
                }
                return count > Long.MAX_VALUE / factor ? Long.MAX_VALUE : count * factor;
            }
        }
        throw new InvalidValueException("Invalid value for a number " + value);
    }

    private static Text oneOf(String value, String reason, String... allowed) throws InvalidValueException {
        String lower = value.toLowerCase(Locale.ROOT);
        for (String candidate : allowed) {
            if (candidate.equals(lower)) {
                return new Text(candidate);
            }
        }
        throw new InvalidValueException(reason);
    }

    private static Text parseStagingLocation(String value) throws InvalidValueException {
        if (value.equals("local") || value.equals("remote")) {
            return new Text(value);
        }
        throw new InvalidValueException("Invalid value: " + value + " (options are: local, remote)");
    }

    private static OptionValue parseLevel(String value) throws InvalidValueException {
        String lower = value.toLowerCase(Locale.ROOT);
        if (lower.equals("low") || lower.equals("medium") || lower.equals("high")) {
            return new Text(lower);
        }
        try {
            return new Whole(parseInteger(value));
        } catch (InvalidValueException notAnInteger) {
            throw new InvalidValueException(
                    "Invalid value: '" + value + "' (must be one in [low, medium, high] or an acceptable integer)");
        }
    }

    private static String parseSlot(String value) throws InvalidValueException {
        String lower = value.toLowerCase(Locale.ROOT);
        boolean valid = !lower.isEmpty();
        for (int i = 0; i < lower.length(); i++) {
            char c = lower.charAt(i);
            valid &= isDigit(c) || (c >= 'a' && c <= 'z') || c == '_';
        }
        if (!valid) {
            throw new InvalidValueException("Replication slot names may only contain lower case letters, numbers,"
                    + " and the underscore character.");
        }
        return lower;
    }

    private static String parseAbsolutePath(String value) throws InvalidValueException {
        if (!value.startsWith("/")) {
            throw new InvalidValueException("Invalid value : '" + value + "' (must be an absolute path)");
        }
        return value;
    }

    private static SortedSet<String> parseWords(ServerOption option, String value, String section, List<String> known)
            throws InvalidValueException {
        SortedSet<String> words = new TreeSet<>();
        if (value.isEmpty()) {
            return words;
        }
        String[] pieces = value.split(",", -1);
        Arrays.sort(pieces);
        for (String piece : pieces) {
            String word = PythonBlanks.strip(piece).toLowerCase(Locale.ROOT);
            String problem = null;
            if (!known.contains(word)) {
                problem = "Unknown option";
            } else if (word.equals("concurrent_backup") && words.contains("exclusive_backup")) {
                problem = conflict(word, "exclusive_backup");
            } else if (word.equals("exclusive_backup") && words.contains("concurrent_backup")) {
                problem = conflict(word, "concurrent_backup");
            }
            if (problem != null) {
                throw new InvalidValueException("Invalid configuration value '" + word + "' for key "
                        + option.optionName() + " in [" + section + "] section: " + problem);
            }
            words.add(word);
        }
        return words;
    }

    private static String conflict(String word, String other) {
        return "cannot contain both '" + word + "' and '" + other + "'.Configuration directive ignored.";
    }

    private static List<String> parseDisks(String value) throws InvalidValueException {
        List<String> disks = Arrays.asList(value.split(",", -1));
        if (disks.contains("")) {
            throw new InvalidValueException(PythonText.repr(disks));
        }
        return disks;
    }

    private static String parseMagic(ServerOption option, String value, String section) throws ConfigException {
        StringBuilder digits = new StringBuilder();
        boolean valid = value.length() >= 2;
        for (int i = 2; i < value.length(); i++) {
            char c = value.charAt(i);
            if (Character.digit(c, 16) >= 0 && c < 0x80) {
                digits.append(c);
            } else {
                valid &= c == ' ';
            }
        }
        if (!valid || digits.length() % 2 != 0) {
            throw new ConfigException(
                    Style.ERROR,
                    "Invalid value '" + value + "' for key " + option.optionName() + " in [" + section
                            + "] section: expected 0x and an even number of hexadecimal digits");
        }
        return digits.toString();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import dev.barman.core.ConfigException;
import dev.barman.core.ConfigException.Style;
import dev.barman.core.config.OptionValue.Rates;
import dev.barman.core.config.OptionValue.Text;
import dev.barman.core.config.OptionValue.Whole;
import java.util.Locale;
import java.util.Map;
import java.util.StringTokenizer;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The options that are kept as text until a server is built: retention, minimum redundancy and bandwidth. A bad value
 * goes to the log only and falls back to a safe one.
 */
final class LateValues {
    private final String server;
    private final OptionValues values;
    private boolean policyValid;

    private LateValues(String server, OptionValues values) {
        this.server = server;
        this.values = values;
    }

    /**
     * Replaces the texts by their meaning.
     *
     * @return whether the server has a valid retention policy
     */
    static boolean settle(String server, OptionValues values) throws ConfigException {
        LateValues late = new LateValues(server, values);
        late.bandwidth();
        late.minimumRedundancy();
        late.retention();
        return late.policyValid;
    }

    private static Logger log() {
        return LoggerFactory.getLogger("barman.server");
    }

    private void bandwidth() {
        String limit = values.text(ServerOption.BANDWIDTH_LIMIT);
        Long rate = null;
        if (limit != null) {
            try {
                rate = ValueParser.parseInteger(limit);
                values.set(ServerOption.BANDWIDTH_LIMIT, new Whole(rate));
            } catch (InvalidValueException invalid) {
                log().warn("Invalid bandwidth_limit \"{}\" for server \"{}\" (fallback to \"0\")", limit, server);
                values.set(ServerOption.BANDWIDTH_LIMIT, OptionValue.UNSET);
            }
        }
        String rules = values.text(ServerOption.TABLESPACE_BANDWIDTH_LIMIT);
        if (rules != null) {
            Map<String, Long> rates = tablespaceRates(rules, rate);
            values.set(ServerOption.TABLESPACE_BANDWIDTH_LIMIT, rates.isEmpty() ? OptionValue.UNSET : new Rates(rates));
        }
    }

    private static Map<String, Long> tablespaceRates(String rules, @Nullable Long general) {
        Map<String, Long> rates = new TreeMap<>();
        StringTokenizer tokens = new StringTokenizer(rules);
        while (tokens.hasMoreTokens()) {
            String rule = tokens.nextToken();
            int colon = rule.indexOf(':');
            try {
                if (colon < 0 || rule.indexOf(':', colon + 1) >= 0) {
                    throw new InvalidValueException(rule);
                }
                long rate = ValueParser.parseInteger(rule.substring(colon + 1));
                if (general == null || general != rate) {
                    rates.put(rule.substring(0, colon), rate);
                }
            } catch (InvalidValueException invalid) {
                log().warn("Invalid tablespace_bandwidth_limit rule '{}'", rule);
            }
        }
        return rates;
    }

    private void minimumRedundancy() throws ConfigException {
        String text = values.text(ServerOption.MINIMUM_REDUNDANCY);
        if (text == null) {
            throw new ConfigException(
                    Style.ERROR,
                    "Option minimum_redundancy of server '" + server + "' is empty: give a number or remove the line");
        }
        long number = 0;
        try {
            number = ValueParser.parseInteger(text);
            if (number < 0) {
                log().warn(
                                "Negative value of minimum_redundancy \"{}\" for server \"{}\" (fallback to \"0\")",
                                number,
                                server);
                number = 0;
            }
        } catch (InvalidValueException invalid) {
            log().warn("Invalid minimum_redundancy \"{}\" for server \"{}\" (fallback to \"0\")", text, server);
        }
        values.set(ServerOption.MINIMUM_REDUNDANCY, new Whole(number));
    }

    private void retention() throws ConfigException {
        String mode = values.text(ServerOption.RETENTION_POLICY_MODE);
        if (!"auto".equals(mode)) {
            log().warn(
                            "Unsupported retention_policy_mode \"{}\" for server \"{}\" (fallback to \"auto\")",
                            mode == null ? "None" : mode,
                            server);
            values.set(ServerOption.RETENTION_POLICY_MODE, new Text("auto"));
        }
        String text = values.text(ServerOption.RETENTION_POLICY);
        if (text == null) {
            return;
        }
        if (text.strip().toLowerCase(Locale.ROOT).equals("main")) {
            throw new ConfigException(
                    Style.ERROR,
                    "retention_policy \"" + text + "\" of server '" + server
                            + "' names no policy: use REDUNDANCY n or RECOVERY WINDOW OF n DAYS|WEEKS|MONTHS");
        }
        String normal = normalPolicy(text);
        if (normal == null) {
            log().error("Invalid retention_policy setting \"{}\" for server \"{}\"", text, server);
            return;
        }
        policyValid = true;
        values.set(ServerOption.RETENTION_POLICY, new Text(normal));
        String walPolicy = values.text(ServerOption.WAL_RETENTION_POLICY);
        if (!"main".equals(walPolicy)) {
            log().warn(
                            "Unsupported wal_retention_policy value \"{}\" for server \"{}\" (fallback to \"main\")",
                            walPolicy == null ? "None" : walPolicy,
                            server);
        }
        values.set(ServerOption.WAL_RETENTION_POLICY, new Text("MAIN"));
    }

    /** Returns the policy in upper case with single blanks and plural units, or null when it is not one. */
    private static @Nullable String normalPolicy(String text) {
        StringTokenizer tokens = new StringTokenizer(text);
        String[] words = new String[tokens.countTokens()];
        for (int i = 0; i < words.length; i++) {
            words[i] = tokens.nextToken().toUpperCase(Locale.ROOT);
        }
        if (words.length == 2 && words[0].equals("REDUNDANCY")) {
            String count = digits(words[1]);
            return count == null ? null : "REDUNDANCY " + count;
        }
        if (words.length == 5 && words[0].equals("RECOVERY") && words[1].equals("WINDOW") && words[2].equals("OF")) {
            String count = digits(words[3]);
            String unit = switch (words[4]) {
                case "DAY", "DAYS" -> "DAYS";
                case "WEEK", "WEEKS" -> "WEEKS";
                case "MONTH", "MONTHS" -> "MONTHS";
                default -> null;
            };
            return count == null || unit == null ? null : "RECOVERY WINDOW OF " + count + " " + unit;
        }
        return null;
    }

    private static @Nullable String digits(String text) {
        int first = 0;
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return null;
            }
        }
        while (first < text.length() - 1 && text.charAt(first) == '0') {
            first++;
        }
        return text.substring(first);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

import dev.barman.core.ConfigException;
import dev.barman.core.ConfigException.Style;
import dev.barman.core.config.OptionValue.Rates;
import dev.barman.core.config.OptionValue.Text;
import dev.barman.core.config.OptionValue.Whole;
import dev.barman.core.retention.RetentionPolicy;
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
    private @Nullable RetentionPolicy policy;

    private LateValues(String server, OptionValues values) {
        this.server = server;
        this.values = values;
    }

    /**
     * Replaces the texts by their meaning.
     *
     * @return the retention policy in force, or null
     */
    static @Nullable RetentionPolicy settle(String server, OptionValues values) throws ConfigException {
        LateValues late = new LateValues(server, values);
        late.bandwidth();
        late.minimumRedundancy();
        late.retention();
        return late.policy;
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
        try {
            RetentionPolicy parsed = RetentionPolicy.parse(text);
            values.set(ServerOption.RETENTION_POLICY, new Text(parsed.toString()));
            policy = parsed;
        } catch (IllegalArgumentException invalid) {
            log().error("Invalid retention_policy setting \"{}\" for server \"{}\"", text, server);
            return;
        }
        String walPolicy = values.text(ServerOption.WAL_RETENTION_POLICY);
        if (!"main".equals(walPolicy)) {
            log().warn(
                            "Unsupported wal_retention_policy value \"{}\" for server \"{}\" (fallback to \"main\")",
                            walPolicy == null ? "None" : walPolicy,
                            server);
        }
        values.set(ServerOption.WAL_RETENTION_POLICY, new Text("MAIN"));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

/**
 * One line of {@code show-servers}: an option, or one of the computed {@code name}, {@code passive_node} and
 * {@code active_model}, with its effective value.
 */
public record ConfigValue(String name, OptionValue value) {
    /** Returns the console text of the value. */
    public String text() {
        return value.text();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core;

/** Says that the configuration cannot be used as it is; every command that needs it has to stop. */
public final class ConfigException extends BarmanException {
    private static final long serialVersionUID = 1L;

    /** How Barman shows a configuration error on the console. */
    public enum Style {
        /** The text stands alone on standard error, without a prefix; it may have several lines. */
        BARE,
        /** The text follows the prefix {@code ERROR: }. */
        ERROR,
        /** The text follows the prefix {@code EXCEPTION: }, and {@code See log file for more details.} follows it. */
        EXCEPTION
    }

    private final Style style;

    /** Creates an exception whose message is shown in the given style. */
    public ConfigException(Style style, String message) {
        super(message);
        this.style = style;
    }

    /** Returns how the message is to be shown. */
    public Style style() {
        return style;
    }
}

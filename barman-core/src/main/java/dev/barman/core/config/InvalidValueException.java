// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

/** A value does not follow the grammar of its option; the message is the reason, as Barman words it. */
final class InvalidValueException extends Exception {
    private static final long serialVersionUID = 1L;

    InvalidValueException(String reason) {
        super(reason, null, false, false);
    }

    String reason() {
        return String.valueOf(getMessage());
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core;

import org.jspecify.annotations.Nullable;

/**
 * An operation could not be carried out: the fault of the environment or of the request, never of the program.
 *
 * <p>The message is written for the person at the console. It says what was attempted, on which object and what was
 * observed; several lines are allowed. Front ends print it with the prefix {@code ERROR: } and exit with 1.
 */
public class BarmanException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String text;

    /** Creates an exception with a message for the console. */
    public BarmanException(String message) {
        this(message, null);
    }

    /** Creates an exception with a message for the console and the failure behind it, which only the log shows. */
    public BarmanException(String message, @Nullable Throwable cause) {
        super(message, cause);
        this.text = message;
    }

    /** Returns the message given at construction. */
    @Override
    public final String getMessage() {
        return text;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.signal;

import dev.barman.core.BarmanException;

/**
 * The process was told to end. The message is what Barman records for it: {@code KeyboardInterrupt} for SIGINT, and the exit
 * status of a process so ended (143, 129) for the other signals.
 */
public final class TerminatedException extends BarmanException {
    private static final long serialVersionUID = 1L;

    TerminatedException(String message) {
        super(message);
    }
}

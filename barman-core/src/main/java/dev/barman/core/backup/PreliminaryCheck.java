// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.backup;

import dev.barman.core.BarmanException;
import java.io.IOException;

/** The checks that must pass before a backup begins or WAL is received; silent, its findings go to the log. */
@FunctionalInterface
public interface PreliminaryCheck {
    /** Whether no critical check fails. */
    boolean passes() throws BarmanException, IOException, InterruptedException;
}

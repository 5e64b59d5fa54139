// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.check;

import dev.barman.core.BarmanException;
import java.io.IOException;
import java.util.List;

/** One check. Stateless. */
interface Check {
    /** The name under which a check that could not be carried out is reported. */
    String name();

    /**
     * Looks at the server.
     *
     * @return the results in the order in which they are shown; none when the check does not apply or has nothing to say
     * @throws BarmanException when it could not be carried out
     * @throws IOException when it could not be carried out
     * @throws InterruptedException when the time is up
     */
    List<CheckResult> run(CheckContext context) throws BarmanException, IOException, InterruptedException;
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.frame;

import dev.barman.cli.args.Positional;
import dev.barman.core.BarmanException;
import java.io.IOException;
import java.util.List;

/**
 * One subcommand. Its options are fields annotated with JCommander's {@code @Parameter} (names, description, placeholder,
 * converter): {@code boolean} fields are flags, others take a value, and a field that also has {@code @OptionalValue} takes one
 * or none; a {@code List<String>} field collects the values of an option that may be repeated. A field keeps its initial value when its option is absent. Positional arguments are read from
 * {@link CommandContext#arguments()}, as is the order of options of which the last one wins.
 *
 * <p>An instance runs once. It prints through {@link CommandContext#out()} only, and never ends the JVM.
 */
public interface Command {
    /** The positional arguments, in order. */
    List<Positional> positionals();

    /**
     * Does the work and renders the result.
     *
     * @return {@link CommandContext#exitCode()} in most cases: 1 when an error was emitted, else 0
     * @throws BarmanException is shown as an error message
     * @throws IOException is shown as an unexpected exception
     * @throws InterruptedException when the process is told to stop
     */
    int run(CommandContext context) throws BarmanException, IOException, InterruptedException;
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import dev.barman.cli.frame.CommandContext;
import dev.barman.core.cron.BackgroundCommands;
import dev.barman.process.Command;
import dev.barman.process.ExecutableSearch;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Starts {@code barman -c CONFIG -q SUBCOMMAND ARGS...} in a session of its own. */
final class DetachedBarman implements BackgroundCommands {
    private final CommandContext context;
    private final boolean keepDescriptors;

    /** @param keepDescriptors the output of the children goes where that of this process goes, not to the null device */
    DetachedBarman(CommandContext context, boolean keepDescriptors) {
        this.context = context;
        this.keepDescriptors = keepDescriptors;
    }

    @Override
    public void start(String... words) throws IOException {
        List<String> argv = new ArrayList<>();
        argv.add(context.terminal().program().toString());
        argv.add("-c");
        argv.add(context.configuration().global().configFile());
        argv.add("-q");
        argv.addAll(List.of(words));
        if (!keepDescriptors) {
            Command.of(argv).startDetached();
            return;
        }
        Path setsid = ExecutableSearch.ofPath().find("setsid").orElse(null);
        if (setsid != null) {
            argv.add(0, setsid.toString());
        }
        new ProcessBuilder(argv)
                .redirectInput(new File("/dev/null"))
                .redirectOutput(Redirect.INHERIT)
                .redirectError(Redirect.INHERIT)
                .start();
    }
}

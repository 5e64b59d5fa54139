// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import com.beust.jcommander.Parameter;
import dev.barman.cli.args.NonNegativeInt;
import dev.barman.cli.args.Positional;
import dev.barman.cli.frame.Command;
import dev.barman.cli.frame.CommandContext;
import dev.barman.cli.frame.ServerRules;
import dev.barman.cli.output.ConsoleWriter;
import dev.barman.cli.output.JsonObject;
import dev.barman.cli.output.JsonWriter;
import dev.barman.cli.output.NagiosWriter;
import dev.barman.cli.output.OutputWriter;
import dev.barman.core.ConfigException;
import dev.barman.core.check.CheckReport;
import dev.barman.core.check.CheckResult;
import dev.barman.core.check.CheckService;
import dev.barman.core.config.ServerConfig;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** {@code barman check}: tests servers, for people, for programs, or for Nagios. */
public final class CheckCommand implements Command {
    @Parameter(names = "--nagios", description = "one line for Nagios, and exit code 2 when something is wrong")
    boolean nagios;

    @Parameter(
            names = "--check-timeout",
            placeholder = "TIMEOUT",
            converter = NonNegativeInt.class,
            description = "limit in seconds for the checks of a server in place of check_timeout; 0 for none")
    @Nullable
    Integer checkTimeout;

    @Override
    public List<Positional> positionals() {
        return List.of(Positional.SERVERS);
    }

    @Override
    public int run(CommandContext context) throws ConfigException, IOException, InterruptedException {
        return nagios
                ? runForNagios(context)
                : context.forEachServer(ServerRules.LOOK, server -> check(context, server));
    }

    private void check(CommandContext context, ServerConfig server) throws InterruptedException {
        OutputWriter out = context.out();
        out.print("Server " + server.name() + ServerLabels.suffix(server) + ":");
        CheckReport report = CheckService.run(
                ServerChecks.context(context, server, checkTimeout), result -> render(out, server, result));
        if (server.active() && !report.passed()) {
            out.fail();
        }
    }

    private static void render(OutputWriter out, ServerConfig server, CheckResult result) {
        String status = result.passed() ? "OK" : "FAILED";
        if (out instanceof JsonWriter json) {
            json.document()
                    .object(server.name())
                    .put(
                            key(result.name()),
                            new JsonObject().put("hint", result.hint()).put("status", status));
        } else if (out instanceof ConsoleWriter console) {
            String word = result.passed() ? console.green(status) : console.red(status);
            String hint = result.hint().isEmpty() ? "" : " (" + result.hint() + ")";
            out.print("\t" + result.name() + ": " + word + hint);
        }
        for (String detail : result.details()) {
            out.info("\t\t" + detail);
        }
    }

    /** The name as a key: lower case, blanks and dashes as underscores, without points. */
    static String key(String name) {
        return name.toLowerCase(Locale.ROOT).replace(' ', '_').replace('-', '_').replace(".", "");
    }

    private int runForNagios(CommandContext context) throws ConfigException, IOException, InterruptedException {
        // What was collected for a JSON document until now comes first, as Barman does it.
        context.out().close();
        NagiosWriter out = new NagiosWriter(context.terminal().stdout());
        NagiosReport report = new NagiosReport();
        context.withOut(out)
                .forEachServer(
                        ServerRules.LOOK,
                        server -> report.add(
                                server.active(),
                                CheckService.run(ServerChecks.context(context, server, checkTimeout), result -> {})));
        for (String line : report.lines(out.failed())) {
            out.print(line);
        }
        out.close();
        return report.exitCode(out.failed());
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import dev.barman.cli.args.Positional;
import dev.barman.cli.frame.Command;
import dev.barman.cli.frame.CommandContext;
import dev.barman.cli.frame.ServerRules;
import dev.barman.cli.output.JsonObject;
import dev.barman.cli.output.JsonWriter;
import dev.barman.core.BarmanException;
import dev.barman.core.ConfigException;
import dev.barman.core.backup.ServerCatalog;
import dev.barman.core.catalog.BackupInfo;
import dev.barman.core.config.ConfigValue;
import dev.barman.core.config.OptionValue;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.status.ServerInspection;
import dev.barman.core.text.HumanDuration;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** {@code barman show-servers}: every option of a server, and what is found out about its PostgreSQL. */
public final class ShowServersCommand implements Command {
    @Override
    public List<Positional> positionals() {
        return List.of(Positional.SERVERS);
    }

    @Override
    public int run(CommandContext context) throws ConfigException, IOException, InterruptedException {
        return context.forEachServer(ServerRules.LOOK, server -> show(context, server));
    }

    private static void show(CommandContext context, ServerConfig server) throws BarmanException {
        Map<String, OptionValue> values = new TreeMap<>();
        if (!server.passive()) {
            try (ServerInspection inspection = ServerInspection.of(server)) {
                values.putAll(RemoteFacts.of(inspection));
            }
        }
        for (ConfigValue option : server.describe()) {
            values.put(option.name(), option.value());
        }
        values.put("last_backup_maximum_age", new OptionValue.Text(backupAge(server, context.clock())));
        if (context.out() instanceof JsonWriter json) {
            JsonObject object = json.document().object(server.name());
            values.forEach((key, value) -> put(object, key, value));
        } else {
            context.out().print("Server " + server.name() + ServerLabels.suffix(server) + ":");
            values.forEach((key, value) -> context.out().print("\t" + key + ": " + value.text()));
        }
    }

    private static void put(JsonObject object, String key, OptionValue value) {
        if (value instanceof OptionValue.Unset) {
            object.putNull(key);
        } else if (value instanceof OptionValue.Flag flag) {
            object.put(key, flag.value());
        } else if (value instanceof OptionValue.Whole whole) {
            object.put(key, whole.value());
        } else if (value instanceof OptionValue.Names names) {
            object.put(key, names.values());
        } else if (value instanceof OptionValue.Rates rates) {
            JsonObject members = new JsonObject();
            rates.values().forEach(members::put);
            object.put(key, members);
        } else {
            object.put(key, value.text());
        }
    }

    /** Barman's sentence, with its blank before the closing parenthesis. */
    private static String backupAge(ServerConfig server, Clock clock) throws BarmanException {
        Duration limit = server.retention().lastBackupMaximumAge();
        if (limit == null) {
            return "None";
        }
        OffsetDateTime end = ServerCatalog.of(server)
                .catalog()
                .load()
                .latest()
                .map(BackupInfo::endTime)
                .orElse(null);
        if (end == null) {
            return HumanDuration.format(limit) + " (WARNING! latest backup is No available backups old)";
        }
        Duration age = Duration.between(end.toInstant(), clock.instant());
        String text = HumanDuration.format(age);
        return age.compareTo(limit) <= 0
                ? HumanDuration.format(limit) + " (latest backup: " + text + " )"
                : HumanDuration.format(limit) + " (WARNING! latest backup is " + text + " old)";
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import dev.barman.core.BarmanException;
import dev.barman.core.config.BarmanConfiguration;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.message.Messages;
import dev.barman.core.message.RecordingMessages;
import dev.barman.core.postgres.ConnInfo;
import dev.barman.core.postgres.JdbcPostgresClient;
import dev.barman.core.postgres.JdbcStreamingConnection;
import dev.barman.core.postgres.PostgresEnvironment;
import dev.barman.core.tools.PgTools;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** {@code receive-wal} in a process of its own, so that it can be stopped and killed. */
final class ReceiverProcess {

    private ReceiverProcess() {}

    static Process start(Path configurationFile, File output) throws IOException {
        return start("", configurationFile, output);
    }

    /** @param shellSetup what the shell that becomes the process does first, {@code trap '' INT;} for example */
    static Process start(String shellSetup, Path configurationFile, File output) throws IOException {
        return new ProcessBuilder(List.of(
                        "/bin/sh",
                        "-c",
                        shellSetup + " exec \"$@\"",
                        "sh",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ReceiverProcess.class.getName(),
                        configurationFile.toString()))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(output))
                .start();
    }

    /** A receiver for the server {@code main}; the caller closes the connections. */
    static WalReceiver receiver(
            ServerConfig server, JdbcPostgresClient client, JdbcStreamingConnection streaming, Messages messages) {
        return new WalReceiver(server, client, streaming, PgTools.of(null), PostgresEnvironment.ofProcess(), messages);
    }

    static JdbcPostgresClient client(ServerConfig server) {
        return new JdbcPostgresClient(
                ConnInfo.parse(String.valueOf(server.connection().effectiveWalConninfo())),
                PostgresEnvironment.ofProcess());
    }

    static JdbcStreamingConnection streaming(ServerConfig server) {
        return new JdbcStreamingConnection(
                ConnInfo.parse(String.valueOf(server.connection().effectiveWalStreamingConninfo())),
                PostgresEnvironment.ofProcess());
    }

    /** Argument: the configuration file. */
    public static void main(String[] args) throws Exception {
        ServerConfig server = BarmanConfiguration.load(args[0], new RecordingMessages())
                .server("main")
                .orElseThrow();
        Messages messages = new PrintingMessages();
        int code = 0;
        try (JdbcPostgresClient client = client(server);
                JdbcStreamingConnection streaming = streaming(server)) {
            receiver(server, client, streaming, messages).receive();
        } catch (BarmanException e) {
            messages.error(e.getMessage());
            code = 1;
        }
        System.exit(code);
    }

    /** Prints at once: a killed process must have said what it said. */
    private static final class PrintingMessages implements Messages {
        @Override
        public void debug(String message) {
            // Nobody asked.
        }

        @Override
        public void info(String message) {
            print(message);
        }

        @Override
        public void warning(String message) {
            print("WARNING: " + message);
        }

        @Override
        public void error(String message) {
            print("ERROR: " + message);
        }

        @Override
        public void exception(String message) {
            print("EXCEPTION: " + message);
        }

        private static synchronized void print(String line) {
            System.out.println(line);
            System.out.flush();
        }
    }
}

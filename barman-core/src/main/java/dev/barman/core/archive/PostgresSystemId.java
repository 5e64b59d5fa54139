// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import dev.barman.core.PostgresException;
import dev.barman.core.config.ConnectionConfig;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.postgres.ConnInfo;
import dev.barman.core.postgres.JdbcPostgresClient;
import dev.barman.core.postgres.JdbcStreamingConnection;
import dev.barman.core.postgres.PostgresClient;
import dev.barman.core.postgres.PostgresEnvironment;
import dev.barman.core.postgres.StreamingConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The system identifier of a server as its PostgreSQL tells it. Archiving works without PostgreSQL, so nothing here fails or takes
 * longer than {@link #LIMIT}: no answer is a line in the log.
 */
final class PostgresSystemId {
    /** How long an archive pass waits for the answer, names and all addresses of the connection string included. */
    static final Duration LIMIT = Duration.ofSeconds(3);

    private static final Logger logger = LoggerFactory.getLogger("barman.wal_archiver");

    /** One way to ask. */
    interface Question {
        String ask() throws PostgresException;
    }

    private PostgresSystemId() {}

    /**
     * Asks over the regular connection of the host WAL comes from and, when that gives no answer, over the streaming one.
     *
     * @return empty when there is no answer in time
     */
    static Optional<String> of(ServerConfig server) {
        ConnectionConfig connection = server.connection();
        PostgresEnvironment environment = PostgresEnvironment.ofProcess();
        List<Question> questions = new ArrayList<>();
        ConnInfo regular = impatient(connection.effectiveWalConninfo());
        if (regular != null) {
            questions.add(() -> {
                try (PostgresClient client = new JdbcPostgresClient(regular, environment)) {
                    return client.systemIdentifier();
                }
            });
        }
        ConnInfo streaming = impatient(connection.effectiveWalStreamingConninfo());
        if (streaming != null) {
            questions.add(() -> {
                try (StreamingConnection client = new JdbcStreamingConnection(streaming, environment)) {
                    return client.identifySystem().systemIdentifier();
                }
            });
        }
        return firstAnswer(server.name(), questions, LIMIT);
    }

    /** The string with {@link #LIMIT} as the time to connect unless it has a shorter one; null if it is missing or not valid. */
    static @Nullable ConnInfo impatient(@Nullable String conninfo) {
        if (conninfo == null || !ConnInfo.isValid(conninfo)) {
            return null;
        }
        ConnInfo given = ConnInfo.parse(conninfo);
        return isShorter(given.value("connect_timeout").orElse(""))
                ? given
                : given.with("connect_timeout", Long.toString(LIMIT.toSeconds()));
    }

    private static boolean isShorter(String timeout) {
        try {
            int seconds = Integer.parseInt(timeout.strip());
            return seconds > 0 && seconds < LIMIT.toSeconds();
        } catch (NumberFormatException e) {
            return false;
        }
    }

    /**
     * The first answer to questions asked one after the other. What hangs is left to a daemon thread.
     *
     * @param server for the log
     * @param limit for all of them together
     */
    static Optional<String> firstAnswer(String server, List<Question> questions, Duration limit) {
        if (questions.isEmpty()) {
            return unchecked(server, "no usable connection string");
        }
        FutureTask<String> asking = new FutureTask<>(() -> askOneByOne(questions));
        Thread thread = new Thread(asking, "barman-system-id");
        thread.setDaemon(true);
        thread.start();
        try {
            return Optional.of(asking.get(limit.toNanos(), TimeUnit.NANOSECONDS));
        } catch (TimeoutException e) {
            return unchecked(server, "no answer within " + limit.toMillis() + " ms");
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            return unchecked(server, cause instanceof PostgresException ? cause.getMessage() : String.valueOf(cause));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return unchecked(server, "interrupted");
        }
    }

    private static String askOneByOne(List<Question> questions) throws PostgresException {
        int last = questions.size() - 1;
        for (Question question : questions.subList(0, last)) {
            try {
                return question.ask();
            } catch (PostgresException e) {
                logger.debug("Cannot ask PostgreSQL for its system identifier: {}", e.getMessage());
            }
        }
        return questions.get(last).ask();
    }

    private static Optional<String> unchecked(String server, @Nullable String reason) {
        logger.info(
                "WAL of server {} is archived without a check of its cluster: there is no backup yet and PostgreSQL cannot be"
                        + " asked for its system identifier: {}",
                server,
                reason);
        return Optional.empty();
    }
}

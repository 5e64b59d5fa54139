// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.PostgresException;
import dev.barman.core.archive.PostgresSystemId.Question;
import dev.barman.core.config.BarmanConfiguration;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.message.RecordingMessages;
import dev.barman.core.postgres.ConnInfo;
import dev.barman.core.postgres.FakePostgresClient;
import dev.barman.core.postgres.FakeStreamingConnection;
import dev.barman.core.testing.PostgresCluster;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PostgresSystemIdTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(50);

    private final FakePostgresClient client = new FakePostgresClient();
    private final FakeStreamingConnection streaming = new FakeStreamingConnection();
    private final List<Question> questions =
            List.of(client::systemIdentifier, () -> streaming.identifySystem().systemIdentifier());

    @TempDir
    Path home;

    @Test
    void firstAnswerCounts() {
        client.systemIdentifier = "1";

        assertThat(PostgresSystemId.firstAnswer("main", questions, LONG)).contains("1");
    }

    @Test
    void streamingConnectionAnswersWhereTheRegularOneFails() {
        client.failure = new PostgresException("no pg_hba.conf entry");

        assertThat(PostgresSystemId.firstAnswer("main", questions, LONG)).contains(streaming.status.systemIdentifier());
    }

    @Test
    void noAnswerWhenAllFailOrNothingIsConfigured() {
        client.failure = new PostgresException("refused");
        streaming.failure = new PostgresException("refused");

        assertThat(PostgresSystemId.firstAnswer("main", questions, LONG)).isEmpty();
        assertThat(PostgresSystemId.firstAnswer("main", List.of(), LONG)).isEmpty();
        List<Question> broken = List.of(() -> {
            throw new IllegalStateException("a bug of the driver");
        });
        assertThat(PostgresSystemId.firstAnswer("main", broken, LONG)).isEmpty();
    }

    @Test
    void hangingServerIsNotWaitedFor() {
        CountDownLatch end = new CountDownLatch(1);
        try {
            assertThat(PostgresSystemId.firstAnswer("main", hanging(end), SHORT))
                    .isEmpty();
        } finally {
            end.countDown();
        }
    }

    /** The answer of a server: it comes when the latch is at its end. */
    private static List<Question> hanging(CountDownLatch end) {
        return List.of(() -> {
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return "1";
        });
    }

    @Test
    void interruptedCallerGoesOnWithoutAnAnswer() {
        CountDownLatch end = new CountDownLatch(1);
        Thread.currentThread().interrupt();
        try {
            assertThat(PostgresSystemId.firstAnswer("main", hanging(end), LONG)).isEmpty();
            assertThat(Thread.interrupted()).isTrue();
        } finally {
            end.countDown();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "host=a, 3",
        "host=a connect_timeout=60, 3",
        "host=a connect_timeout=0, 3",
        "host=a connect_timeout=x, 3",
        "host=a connect_timeout=2, 2",
        "postgresql://a/b?connect_timeout=1, 1"
    })
    void connectionStringIsGivenTheLimitUnlessItIsShorter(String conninfo, String seconds) {
        ConnInfo impatient = PostgresSystemId.impatient(conninfo);

        assertThat(impatient).isNotNull();
        assertThat(impatient.value("connect_timeout")).contains(seconds);
    }

    @Test
    void missingOrMalformedStringsAreNotUsed() {
        assertThat(PostgresSystemId.impatient(null)).isNull();
        assertThat(PostgresSystemId.impatient("host")).isNull();
    }

    /** Accepts connections, as the kernel does for a server that is stopped, and never says a word. */
    @Test
    void realConnectionToAServerThatHangsEndsInTime() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            ServerConfig server = server(silent.getLocalPort());
            long start = System.nanoTime();

            assertThat(PostgresSystemId.of(server)).isEmpty();

            assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(Duration.ofSeconds(2), LONG);
        }
    }

    @Test
    void realConnectionThatIsRefusedIsNoAnswer() throws Exception {
        assertThat(PostgresSystemId.of(server(PostgresCluster.freePort()))).isEmpty();
    }

    private ServerConfig server(int port) throws Exception {
        Path file = home.resolve("barman.conf");
        Files.writeString(
                file,
                "[barman]\nbarman_home = " + home + "\nbarman_user = " + System.getProperty("user.name")
                        + "\n[main]\nbackup_method = postgres\narchiver = on\nconninfo = host=127.0.0.1 port=" + port
                        + " user=u connect_timeout=60\n");
        return BarmanConfiguration.load(file.toString(), new RecordingMessages())
                .server("main")
                .orElseThrow();
    }
}

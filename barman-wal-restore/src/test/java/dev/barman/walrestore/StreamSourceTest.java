// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.args.ArgumentParser;
import dev.barman.wal.TestSegments;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.WalSegmentSize;
import dev.barman.wal.prefetch.SegmentSource;
import dev.barman.wal.spool.WalSpool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class StreamSourceTest {
    private static final WalSegmentName FIRST = WalSegmentName.parse("000000010000000000000003");
    private static final WalSegmentName SECOND = FIRST.next(WalSegmentSize.of(TestSegments.MIB));
    private static final String GREETING = "printf 'barman-wal-stream 1\\n'";
    private static final String BEGIN = "printf 'wal " + FIRST.text() + "\\n\\000\\020\\000\\000'";

    @TempDir
    Path directory;

    private final BlockingQueue<SegmentSource.Result> results = new LinkedBlockingQueue<>();
    private FakeBarman barman;
    private WalSpool spool;
    private BarmanConnection connection;

    @BeforeEach
    void setUp() throws Exception {
        barman = new FakeBarman(directory);
        Files.write(barman.file("segment"), TestSegments.segment(1, 3L * TestSegments.MIB, TestSegments.MIB));
        spool = new WalSpool(directory.resolve("spool"), TestSegments.SYSTEM_ID);
        spool.create(directory.resolve("spool"));
        ArgumentParser parser = new ArgumentParser("test", "");
        BarmanConnection.declareOptions(parser);
        connection =
                BarmanConnection.from(parser.parse(new String[] {"--local-command", barman.command(), "host", "main"}));
    }

    private StreamSource open() throws IOException {
        StreamSource source = StreamSource.open(connection, "main", FIRST, spool, results::add)
                .source();
        assertThat(source).isNotNull();
        return source;
    }

    private SegmentSource.Result result() throws InterruptedException {
        return results.poll(20, TimeUnit.SECONDS);
    }

    @Test
    void everyRequestHasAResultAlsoWhenTheServerDies() throws Exception {
        barman.does(
                GREETING,
                "read -r second",
                BEGIN,
                "cat \"$D/segment\"",
                "printf '\\000\\000\\000\\000'",
                "printf 'wal %s\\n\\000\\020\\000\\000' \"$second\"",
                "head -c 1000 \"$D/segment\"");
        try (StreamSource source = open()) {
            source.request(SECOND);
            assertThat(result()).isEqualTo(new SegmentSource.Result(FIRST, SegmentSource.Outcome.READY, null));
            assertThat(result())
                    .matches(failed -> failed.name().equals(SECOND))
                    .matches(failed -> failed.outcome() == SegmentSource.Outcome.FAILED);
        }
        assertThat(spool.directory().toFile().list()).containsExactly(FIRST.text());
    }

    @Test
    void commandHasEndedWhenTheSourceIsClosed() throws Exception {
        barman.does(
                "trap '' TERM",
                "echo $$ >\"$D/pid\"",
                GREETING,
                BEGIN,
                "i=0; while [ $i -lt 200 ]; do i=$((i + 1)); sleep 0.1; done");
        StreamSource source = open();
        long pid = Long.parseLong(Files.readString(barman.file("pid")).strip());
        assertThat(ProcessHandle.of(pid)).isPresent();
        source.close();
        assertThat(ProcessHandle.of(pid)).isEmpty();
        assertThat(result().outcome()).isEqualTo(SegmentSource.Outcome.FAILED);
    }

    @Test
    void commandThatSaysSomethingElseIsNoStream() throws Exception {
        barman.does("echo 'usage: barman' >&2", "exit 2");
        StreamSource.Opened opened = StreamSource.open(connection, "main", FIRST, spool, results::add);
        assertThat(opened).isEqualTo(new StreamSource.Opened(null, 2));
    }
}

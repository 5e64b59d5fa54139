// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GreetingTest {
    private static RemoteProcess remote(String script) throws Exception {
        return RemoteProcess.start(List.of("sh", "-c", script), RemoteProcess.Streams.TALK);
    }

    @Test
    void commandThatSaysNothingIsEnded() throws Exception {
        try (RemoteProcess remote = remote("exec sleep 300")) {
            assertThat(Greeting.await(remote, () -> remote.output().read() == 'x', 200))
                    .isFalse();
            assertThat(remote.waitFor()).isNotZero();
        }
    }

    @Test
    void commandThatSaysSomethingElseGetsNoMoreInputAndEnds() throws Exception {
        // As a put-wal does that knows no streams, and waits for a file.
        try (RemoteProcess remote = remote("echo hello; cat; exit 7")) {
            assertThat(Greeting.await(remote, () -> remote.output().read() == 'x', 30_000))
                    .isFalse();
            assertThat(remote.waitFor()).isEqualTo(7);
        }
    }

    @Test
    void commandThatGreetsIsLeftAloneAfterwards() throws Exception {
        try (RemoteProcess remote = remote("echo x; read -r word; [ \"$word\" = on ]")) {
            assertThat(Greeting.await(remote, () -> remote.output().read() == 'x', 200))
                    .isTrue();
            Thread.sleep(500);
            remote.input().write("on\n".getBytes(StandardCharsets.US_ASCII));
            remote.input().flush();
            assertThat(remote.waitFor()).isZero();
        }
    }
}

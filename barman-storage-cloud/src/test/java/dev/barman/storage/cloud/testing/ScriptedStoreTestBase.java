// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.object.ObjectStore;
import dev.barman.object.RetryPolicy;
import dev.barman.object.RetryingObjectStore;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

/** For tests of an object store whose server follows a script. */
@Timeout(60)
public abstract class ScriptedStoreTestBase {
    protected final List<Duration> pauses = new ArrayList<>();
    protected ScriptedHttpServer server;
    protected ObjectStore store;

    /** A store that waits so long for an answer. */
    protected abstract ObjectStore open(URI endpoint, Duration readTimeout) throws IOException;

    protected final void serve(ScriptedHttpServer.Script script) throws IOException {
        server = ScriptedHttpServer.start(script);
        store = open(server.endpoint(), Duration.ofSeconds(20));
    }

    /** The store as it is used, with pauses that are only noted. */
    protected final ObjectStore retrying(int attempts) {
        return new RetryingObjectStore(
                store, new RetryPolicy(attempts, Duration.ofMillis(100), Duration.ofSeconds(1)), pauses::add, () -> 0);
    }

    protected static byte[] random(int size) {
        byte[] content = new byte[size];
        new Random(size).nextBytes(content);
        return content;
    }

    @AfterEach
    final void stop() throws IOException {
        if (store != null) {
            store.close();
        }
        if (server != null) {
            server.close();
            assertThat(server.failures()).isEmpty();
        }
    }
}

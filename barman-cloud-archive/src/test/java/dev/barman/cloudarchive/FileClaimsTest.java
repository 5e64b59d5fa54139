// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.Uninterruptibles;
import dev.barman.core.signal.TerminatedException;
import dev.barman.core.signal.TerminationSignals;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class FileClaimsTest {
    private static final Path FILE = Path.of("/data/base/1");

    private final FileClaims claims = new FileClaims();
    private final TerminationSignals signals = TerminationSignals.none();
    private final ExecutorService other = Executors.newSingleThreadExecutor();

    @AfterEach
    void end() {
        other.shutdownNow();
        Uninterruptibles.awaitTerminationUninterruptibly(other);
    }

    private Future<?> takenByAnother() {
        return other.submit(() -> {
            claims.take(FILE, signals);
            return null;
        });
    }

    private static void assertWaits(Future<?> taken) {
        assertThatThrownBy(() -> taken.get(300, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
    }

    @Test
    void anotherThreadWaitsUntilTheFileIsReleased() throws Exception {
        claims.take(FILE, signals);
        Future<?> taken = takenByAnother();
        assertWaits(taken);

        claims.release(FILE);
        taken.get();
    }

    @Test
    void anotherFileIsNotWaitedFor() throws Exception {
        claims.take(FILE.resolveSibling("2"), signals);
        takenByAnother().get();
    }

    @Test
    void signalEndsTheWait() throws Exception {
        claims.take(FILE, signals);
        Future<?> taken = takenByAnother();
        assertWaits(taken);

        signals.raise(TerminationSignals.Kind.TERM);
        assertThatThrownBy(taken::get).hasCauseInstanceOf(TerminatedException.class);
    }
}

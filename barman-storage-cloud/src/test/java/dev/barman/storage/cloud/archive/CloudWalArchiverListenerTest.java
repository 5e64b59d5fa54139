// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.cloud.archive;

import static dev.barman.storage.cloud.archive.DataDirectory.content;
import static dev.barman.storage.cloud.archive.DataDirectory.name;
import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.wal.archive.ArchiveListener;
import dev.barman.wal.archive.ArchiveResult;
import dev.barman.wal.archive.ArchiveVetoException;
import dev.barman.wal.storage.WalToStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Who takes part in archiving: the order of the calls, and what a veto does. */
class CloudWalArchiverListenerTest extends ArchiverFixture {
    private final class Recorder implements ArchiveListener {
        private final List<String> calls = new ArrayList<>();
        private @Nullable String vetoed;

        @Override
        public void before(WalToStore wal) throws ArchiveVetoException {
            calls.add("before " + wal.name());
            if (wal.name().text().equals(vetoed)) {
                throw new ArchiveVetoException("not now", null);
            }
        }

        @Override
        public void after(WalToStore wal, ArchiveResult result) {
            String indexed;
            try {
                indexed = indexed().contains(wal.name().text()) ? "indexed" : "not indexed";
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
            calls.add("after " + wal.name() + " " + result.getClass().getSimpleName() + " " + indexed);
        }
    }

    @Test
    void listenerIsCalledInOrderAndAfterTheIndexIsWritten() throws Exception {
        segments(1, 3, 5);
        Recorder recorder = new Recorder();
        listener = recorder;
        put(key(1, 4), content(1, 4));
        archive(wal(1, 3), 8);
        assertThat(recorder.calls)
                .containsExactly(
                        "before " + name(1, 3),
                        "before " + name(1, 4),
                        "before " + name(1, 5),
                        "after " + name(1, 3) + " Archived indexed",
                        "after " + name(1, 4) + " AlreadyArchived indexed",
                        "after " + name(1, 5) + " Archived indexed");
    }

    @Test
    void vetoOfTheRequestedSegmentFailsAndThatOfOneAheadEndsOnlyThat() throws Exception {
        segments(1, 3, 5);
        Recorder recorder = new Recorder();
        listener = recorder;
        recorder.vetoed = name(1, 4);
        assertThat(archive(wal(1, 3), 8).success()).isTrue();
        assertThat(stored()).containsExactly(name(1, 3));
        assertThat(archive(wal(1, 4), 8)).isInstanceOf(CloudArchiveResult.Vetoed.class);
        assertThat(stored()).containsExactly(name(1, 3));
        assertThat(recorder.calls).endsWith("after " + name(1, 4) + " Vetoed not indexed");
    }

    @Test
    void listenerLearnsOfFailures() throws Exception {
        segments(1, 3, 5);
        Recorder recorder = new Recorder();
        listener = recorder;
        refusedPuts.add(name(1, 4));
        archive(wal(1, 3), 8);
        assertThat(recorder.calls)
                .contains("after " + name(1, 4) + " Failed not indexed", "after " + name(1, 5) + " Failed not indexed");
        refusedPuts.clear();
        put(key(1, 4), changed(content(1, 4)));
        archive(wal(1, 4), 8);
        assertThat(recorder.calls).endsWith("after " + name(1, 4) + " Conflict not indexed");
    }
}

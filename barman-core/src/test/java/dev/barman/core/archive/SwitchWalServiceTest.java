// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.barman.core.message.RecordingMessages;
import dev.barman.core.postgres.FakePostgresClient;
import dev.barman.core.postgres.Privileges;
import dev.barman.wal.Lsn;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SwitchWalServiceTest {

    @TempDir
    Path home;

    private final FakePostgresClient client = new FakePostgresClient();
    private final RecordingMessages messages = new RecordingMessages();

    private void switchWal(boolean force, @Nullable FakePostgresClient primary) throws Exception {
        ArchiveServer server = new ArchiveServer(home);
        new SwitchWalService(
                        server.config, client, primary, new WalArrival(server.config, () -> {}, messages), messages)
                .switchWal(force, -1);
    }

    @Test
    void closedSegmentIsNamed() throws Exception {
        switchWal(true, null);
        assertThat(client.actions).containsExactly("checkpoint", "switch");
        assertThat(messages.lines())
                .containsExactly("The WAL file 000000010000000000000005 has been closed on server 'main'");
    }

    @Test
    void nothingToCloseIsSaid() throws Exception {
        client.position = Lsn.parse("0/6000000");
        switchWal(false, null);
        assertThat(messages.lines()).containsExactly("No switch required for server 'main'");
    }

    @Test
    void standbyIsLeftAloneUnlessItsPrimaryIsKnown() throws Exception {
        client.inRecovery = true;
        switchWal(false, null);
        assertThat(messages.lines()).containsExactly("No switch performed because server 'main' is a standby.");
        messages.clear();
        FakePostgresClient primary = new FakePostgresClient();
        switchWal(false, primary);
        assertThat(client.actions).isEmpty();
        assertThat(primary.actions).containsExactly("switch");
        assertThat(messages.lines())
                .containsExactly("The WAL file 000000010000000000000005 has been closed on server 'main'");
    }

    @Test
    void missingPrivilegesAreNamed() throws Exception {
        client.privileges = new Privileges(false, false, true, false);
        switchWal(true, null);
        switchWal(false, null);
        assertThat(messages.lines())
                .containsExactly(
                        "ERROR: Barman switch-wal --force requires superuser rights or the 'pg_checkpoint' role",
                        "EXCEPTION: Postgres user 'barman' is missing required privileges (see \"Preliminary steps\" in"
                                + " the Barman manual)");
    }
}

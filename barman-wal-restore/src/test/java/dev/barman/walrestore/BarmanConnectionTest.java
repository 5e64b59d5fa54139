// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.barman.args.ArgumentParser;
import dev.barman.args.UsageException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The expected command lines are those that Barman 3.17 was seen to run. */
class BarmanConnectionTest {
    private static final String WAL = "000000010000000000000001";

    private static BarmanConnection connection(String... args) throws UsageException {
        ArgumentParser parser = new ArgumentParser("test", "test");
        BarmanConnection.declareOptions(parser);
        return BarmanConnection.from(parser.parse(args));
    }

    @Test
    void putWalOverSshIsOneWordPerArgument() throws Exception {
        assertThat(connection("backup.example", "main").putWal("main", false))
                .containsExactly("ssh", "-q", "-T", "barman@backup.example", "barman", "put-wal", "main");
        assertThat(connection("-U", "bob", "--port", "2222", "-c", "/etc/my barman.conf", "h", "main")
                        .putWal("main", true))
                .containsExactly(
                        "ssh",
                        "-p",
                        "2222",
                        "-q",
                        "-T",
                        "bob@h",
                        "barman",
                        "--config='/etc/my barman.conf'",
                        "put-wal",
                        "main",
                        "--test");
    }

    @Test
    void getWalOverSshIsOneWordForTheRemoteShell() throws Exception {
        assertThat(connection("h", "main").getWal("main", WAL, List.of()))
                .containsExactly("ssh", "-q", "-T", "barman@h", "barman", "get-wal 'main' '" + WAL + "'");
        assertThat(connection("-c", "/etc/x.conf", "--port=22", "h", "main")
                        .getWal("main", WAL, List.of("--gzip", "--partial")))
                .containsExactly(
                        "ssh",
                        "-p",
                        "22",
                        "-q",
                        "-T",
                        "barman@h",
                        "barman",
                        "--config /etc/x.conf",
                        "get-wal --gzip --partial 'main' '" + WAL + "'");
    }

    @Test
    void serverNameCannotEscapeIntoTheRemoteShell() throws Exception {
        BarmanConnection connection = connection("h", "x; reboot");

        assertThat(connection.putWal("x; reboot", false)).endsWith("put-wal", "'x; reboot'");
        assertThat(connection.getWal("a'b", WAL, List.of())).endsWith("get-wal 'a'\"'\"'b' '" + WAL + "'");
        assertThat(connection("-c", "/a b", "h", "s").getWal("s", WAL, List.of()))
                .contains("--config '/a b'");
    }

    @Test
    void localCommandRunsWithoutSshAndWithoutQuoting() throws Exception {
        BarmanConnection connection =
                connection("--local-command", "sudo -n -u 'the barman' barman", "-c", "/a b", "ignored", "my server");

        assertThat(connection.putWal("my server", true))
                .containsExactly(
                        "sudo", "-n", "-u", "the barman", "barman", "--config=/a b", "put-wal", "my server", "--test");
        assertThat(connection.getWal("my server", WAL, List.of("--keep-compression")))
                .containsExactly(
                        "sudo",
                        "-n",
                        "-u",
                        "the barman",
                        "barman",
                        "--config=/a b",
                        "get-wal",
                        "--keep-compression",
                        "my server",
                        WAL);
        assertThat(connection.program()).isEqualTo("sudo");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "65536", "ssh", "-1", ""})
    void portMustBeAPort(String port) {
        assertThatThrownBy(() -> connection("--port=" + port, "h", "s"))
                .isInstanceOf(UsageException.class)
                .hasMessage("argument --port: invalid port number: '" + port + "'");
    }

    @Test
    void userCannotBecomeAnOptionOfSsh() {
        assertThatThrownBy(() -> connection("--user=-oProxyCommand=reboot", "h", "s"))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("invalid user name");
    }

    @Test
    void localCommandMustBeACommand() {
        assertThatThrownBy(() -> connection("--local-command=", "h", "s"))
                .isInstanceOf(UsageException.class)
                .hasMessage("argument --local-command: empty command");
    }
}

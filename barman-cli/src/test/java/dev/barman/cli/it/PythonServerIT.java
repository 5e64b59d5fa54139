// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.barman.core.testing.OurProcesses;
import dev.barman.testing.PrivateSshd;
import dev.barman.wal.TestSegments;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Our clients as PostgreSQL runs them, launcher and exit codes included, with Debian's Python {@code barman} (3.4) behind a
 * real ssh connection.
 */
class PythonServerIT {
    private static final Path PEER = Path.of("/usr/bin/barman");
    /** Names with 1 MiB segments go on with another log number after FFF. */
    private static final int FIRST = 0xFFA;

    private BarmanHost host;
    private WalRoute route;
    private Path data;
    private final TreeMap<String, byte[]> wals = new TreeMap<>();

    @BeforeEach
    void archiveOfThePythonBarman() throws Exception {
        assumeTrue(Files.isExecutable(PEER), "Debian's package barman is not installed");
        assumeTrue(PrivateSshd.program().isPresent(), "no sshd here");
        host = BarmanHost.create();
        Files.writeString(
                host.config(),
                String.join(
                        "\n",
                        "[barman]",
                        "barman_home = " + host.home(),
                        "barman_user = " + System.getProperty("user.name"),
                        "log_file = " + host.log(),
                        "[main]",
                        "description = test",
                        "conninfo = host=/nonexistent",
                        "streaming_conninfo = host=/nonexistent",
                        "backup_method = postgres",
                        "archiver = on",
                        ""));
        for (String directory : List.of("base", "wals", "incoming", "streaming", "errors")) {
            Files.createDirectories(host.home().resolve("main").resolve(directory));
        }
        route = WalRoute.open(host, PEER);
        data = Files.createDirectory(host.directory().resolve("data"));
        Files.createDirectory(data.resolve("pg_wal"));
        // The cluster that the segments are of.
        Files.createDirectory(data.resolve("global"));
        Files.write(
                data.resolve("global/pg_control"),
                ByteBuffer.allocate(8192)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(TestSegments.SYSTEM_ID)
                        .array());
    }

    @AfterEach
    void end() throws Exception {
        if (route != null) {
            route.close();
        }
        if (host != null) {
            host.close();
        }
    }

    private static String segment(int number) {
        return String.format("00000001%08X%08X", number >> 12, number & 0xFFF);
    }

    private static byte[] content(int number) {
        return TestSegments.segment(1, (long) number * TestSegments.MIB, TestSegments.MIB);
    }

    /** Puts a file into the archive, and a line into the index as this version writes it. */
    private void store(String name, byte[] content, boolean gzip) throws IOException {
        Path directory = Files.createDirectories(
                name.endsWith(".history") ? host.wals() : host.wals().resolve(name.substring(0, 16)));
        Files.write(directory.resolve(name), gzip ? gzip(content) : content);
        wals.put(name, content);
        StringBuilder index = new StringBuilder();
        for (String stored : wals.keySet()) {
            index.append(stored)
                    .append("\t1000\t1700000000.0\t")
                    .append(gzip ? "gzip" : "None")
                    .append('\n');
        }
        Files.writeString(host.wals().resolve("xlog.db"), index);
    }

    private static byte[] gzip(byte[] content) throws IOException {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(compressed)) {
            out.write(content);
        }
        return compressed.toByteArray();
    }

    private Path recovery() {
        return data.resolve("pg_wal/RECOVERYXLOG");
    }

    /** One run in the data directory, as PostgreSQL's. */
    private BarmanHost.Result inDataDirectory(Path client, String... args) throws IOException {
        List<String> command =
                new ArrayList<>(List.of("sh", "-c", "cd \"$0\" && exec \"$@\"", data.toString(), client.toString()));
        command.addAll(Arrays.asList(args));
        return BarmanHost.run(command);
    }

    private BarmanHost.Result restore(String server, String name, String... options) throws IOException {
        List<String> args = new ArrayList<>(Arrays.asList(options));
        args.addAll(List.of("127.0.0.1", server, name, "pg_wal/RECOVERYXLOG"));
        return inDataDirectory(route.restore(), args.toArray(new String[0]));
    }

    private void assertFetched(String name, String... options) throws IOException {
        restore("main", name, options).ok();
        assertThat(recovery()).hasBinaryContent(wals.get(name));
        assertThat(data.resolve("pg_wal").toFile().list()).containsExactly("RECOVERYXLOG");
        Files.delete(recovery());
    }

    @ParameterizedTest(name = "-p {0}, gzip {1}, {2} segments")
    @CsvSource({"0,true,12", "8,false,30", "8,true,30"})
    void segmentsAreFetchedOneCallEach(int parallel, boolean gzip, int count) throws Exception {
        for (int i = 0; i < count; i++) {
            store(segment(FIRST + i), content(FIRST + i), gzip);
        }
        store(
                "00000002.history",
                "1\t0/100000\tno recovery target specified\n".getBytes(StandardCharsets.UTF_8),
                false);
        String[] options = {
            "-p",
            Integer.toString(parallel),
            "--spool-dir",
            route.work().resolve("spool").toString()
        };

        // The order in which PostgreSQL asks.
        assertFetched("00000002.history", options);
        BarmanHost.Result history = restore("main", "00000003.history", options);
        assertThat(history.exit()).as(history.toString()).isEqualTo(1);
        for (int i = 0; i < count; i++) {
            assertFetched(segment(FIRST + i), options);
        }
        String absentName = segment(FIRST + count);
        for (int i = 0; i < 2; i++) {
            BarmanHost.Result absent = restore("main", absentName, options);
            assertThat(absent.exit()).as(absent.toString()).isEqualTo(1);
            assertThat(absent.err()).contains("'" + absentName + "'");
            assertThat(recovery()).doesNotExist();
        }
        // The last one again, which PostgreSQL does at the end of recovery; then it is archived after all.
        assertFetched(segment(FIRST + count - 1), options);
        store(segment(FIRST + count), content(FIRST + count), gzip);
        assertFetched(segment(FIRST + count), options);
        if (OurProcesses.isPossible()) {
            assertThat(new OurProcesses(host.directory(), List.of("sshd_config")).awaitNone(20))
                    .isEmpty();
        }
    }

    @Test
    void unknownServerIsNoAnswer() throws Exception {
        store(segment(1), content(1), false);
        for (String parallel : List.of("0", "8")) {
            BarmanHost.Result result = restore(
                    "nosuch",
                    segment(1),
                    "-p",
                    parallel,
                    "--spool-dir",
                    route.work().resolve("spool").toString());
            assertThat(result.exit()).as(result.toString()).isEqualTo(2);
            assertThat(recovery()).doesNotExist();
        }
    }

    @Test
    void partialFileIsTakenWhereItIsAllowed() throws Exception {
        store(segment(1), content(1), false);
        Path partial = host.home().resolve("main/streaming").resolve(segment(2) + ".partial");
        byte[] begun = content(2);
        Arrays.fill(begun, begun.length / 2, begun.length, (byte) 0);
        Files.write(partial, begun);
        wals.put(segment(2), begun);

        for (String parallel : List.of("0", "8")) {
            String[] options = {
                "-P",
                "-p",
                parallel,
                "--spool-dir",
                route.work().resolve("spool" + parallel).toString()
            };
            assertFetched(segment(1), options);
            assertFetched(segment(2), options);
            assertThat(restore("main", segment(2), "-p", parallel, "--spool-dir", options[4])
                            .exit())
                    .isEqualTo(1);
        }
    }

    @ParameterizedTest
    @CsvSource({"''", "-z"})
    void segmentsAreArchived(String compression) throws Exception {
        for (int i = 1; i <= 3; i++) {
            Path wal = Files.write(data.resolve("pg_wal").resolve(segment(i)), content(i));
            List<String> args = new ArrayList<>(List.of("--md5"));
            if (!compression.isEmpty()) {
                args.add(compression);
            }
            args.addAll(List.of("127.0.0.1", "main", "pg_wal/" + wal.getFileName()));
            inDataDirectory(route.archive(), args.toArray(new String[0])).ok();
            Path arrived = host.incoming().resolve(segment(i));
            if (compression.isEmpty()) {
                assertThat(arrived).hasBinaryContent(content(i));
            } else {
                try (GZIPInputStream in = new GZIPInputStream(Files.newInputStream(arrived))) {
                    assertThat(in.readAllBytes()).isEqualTo(content(i));
                }
            }
        }
        assertThat(host.incoming().toFile().list()).hasSize(3);
        BarmanHost.Result unknown =
                inDataDirectory(route.archive(), "--md5", "127.0.0.1", "nosuch", "pg_wal/" + segment(1));
        assertThat(unknown.exit()).as(unknown.toString()).isBetween(1, 3);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import dev.barman.core.config.BarmanConfiguration;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.hook.HookRunner;
import dev.barman.core.message.RecordingMessages;
import dev.barman.storage.local.ObservedStorage;
import dev.barman.wal.archive.WalBatch;
import dev.barman.wal.archive.WalSource;
import dev.barman.wal.storage.WalStorage;
import dev.barman.wal.storage.WalToStore;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * An archive pass in a process of its own, which ends itself with {@code kill -9} at a step of one WAL.
 *
 * <p>Arguments: the configuration file, and optionally a step and the name of the WAL (or hash directory) that is to reach it.
 */
public final class ArchiveWalChild {
    /** Before the sources of WALs that are archived are removed. */
    static final String ARCHIVED = "ARCHIVED";
    /** One of several sources is removed. */
    static final String FIRST_REMOVED = "FIRST_REMOVED";
    /** The sources are removed durably. */
    static final String REMOVED = "REMOVED";

    private ArchiveWalChild() {}

    /** Runs the pass. */
    public static void main(String[] arguments) throws Exception {
        String step = arguments.length > 1 ? arguments[1] : "";
        String wal = arguments.length > 2 ? arguments[2] : "";
        RecordingMessages messages = new RecordingMessages();
        ServerConfig server =
                BarmanConfiguration.load(arguments[0], messages).server("main").orElseThrow();
        ArchiveWalService.Parts parts = new ArchiveWalService.Parts() {
            @Override
            public WalStorage storage(ServerWalArchive archive) {
                return ObservedStorage.build(archive.describedStorage(), (reached, name) -> {
                    if (reached.equals(step) && name.equals(wal)) {
                        killThisProcess();
                    }
                });
            }

            @Override
            public WalSource source(WalSource source) {
                return new KillingSource(source, step, wal);
            }

            @Override
            public Optional<String> systemIdOfPostgres(ServerConfig asked) {
                return Optional.empty();
            }
        };
        Files.createFile(started(Path.of(arguments[0])));
        new ArchiveWalService(server, HookRunner.of(server, arguments[0]), messages, ArchiveServer.CLOCK, parts)
                .archive(ArchiveWalService.Occasion.DIRECT);
        System.out.println(messages.lines());
    }

    /** The command line of a child. */
    static List<String> command(Path configuration, String... stepAndWal) {
        List<String> command = new ArrayList<>(List.of(
                System.getProperty("java.home") + "/bin/java",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                ArchiveWalChild.class.getName(),
                configuration.toString()));
        command.addAll(List.of(stepAndWal));
        return command;
    }

    /** Starts a pass as a child process. */
    static Process start(Path configuration, String... stepAndWal) throws IOException {
        Files.deleteIfExists(started(configuration));
        return new ProcessBuilder(command(configuration, stepAndWal))
                .redirectErrorStream(true)
                .redirectOutput(new File(configuration + ".child.log"))
                .start();
    }

    /** Appears when a child begins with its work. */
    static Path started(Path configuration) {
        return Path.of(configuration + ".started");
    }

    private static void killThisProcess() {
        try {
            new ProcessBuilder(
                            "kill", "-9", Long.toString(ProcessHandle.current().pid()))
                    .inheritIO()
                    .start();
            TimeUnit.SECONDS.sleep(60);
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
        throw new IllegalStateException("survived kill -9");
    }

    private record KillingSource(WalSource source, String step, String wal) implements WalSource {
        @Override
        public WalBatch nextBatch() throws IOException {
            return source.nextBatch();
        }

        @Override
        public WalToStore describe(WalBatch.Item item) throws IOException {
            return source.describe(item);
        }

        @Override
        public void discard(Collection<WalToStore> archived) throws IOException {
            boolean meant =
                    archived.stream().anyMatch(done -> done.name().text().equals(wal));
            if (meant && step.equals(ARCHIVED)) {
                killThisProcess();
            }
            if (meant && step.equals(FIRST_REMOVED)) {
                source.discard(List.of(archived.iterator().next()));
                killThisProcess();
            }
            source.discard(archived);
            if (meant && step.equals(REMOVED)) {
                killThisProcess();
            }
        }

        @Override
        public Path directory() {
            return source.directory();
        }
    }
}

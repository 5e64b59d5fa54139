// SPDX-License-Identifier: Apache-2.0
package dev.barman.walrestore;

import dev.barman.args.ArgumentParser;
import dev.barman.args.ParsedArguments;
import dev.barman.args.UsageException;
import dev.barman.wal.WalSegmentName;
import dev.barman.wal.prefetch.PrefetchProgram;
import dev.barman.wal.prefetch.SegmentSource;
import dev.barman.wal.spool.WalSpool;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** The background process of {@code barman-wal-restore --parallel}: the {@link PrefetchProgram} for a Barman server. */
public final class PrefetchMain {
    private PrefetchMain() {}

    /**
     * Fetches ahead until there is a reason to end.
     *
     * @param args see {@link PrefetchProcess}
     */
    public static void main(String[] args) {
        System.exit(run(args, System.err));
    }

    static int run(String[] args, PrintStream log) {
        return new PrefetchProgram(WalRestoreMain.PROGRAM, new BarmanServer()).run(args, log);
    }

    private static final class BarmanServer implements PrefetchProgram.Archive {
        @Override
        public void declare(ArgumentParser parser) {
            BarmanConnection.declareOptions(parser);
            parser.flag("transfer compressed with gzip", "--gzip")
                    .flag("transfer compressed with bzip2", "--bzip2")
                    .flag("transfer as stored", "--keep-compression");
        }

        @Override
        public SegmentSource.Opener prepare(ParsedArguments arguments, WalSpool spool, int jobs, Consumer<String> log)
                throws UsageException {
            BarmanConnection connection = BarmanConnection.from(arguments);
            String server = arguments.positional("SERVER_NAME");
            List<String> options = new ArrayList<>();
            for (String option : List.of("--gzip", "--bzip2", "--keep-compression")) {
                if (arguments.has(option)) {
                    options.add(option);
                }
            }
            return (first, results) -> open(connection, server, options, first, spool, results, log);
        }
    }

    private static SegmentSource open(
            BarmanConnection connection,
            String server,
            List<String> options,
            WalSegmentName first,
            WalSpool spool,
            SegmentSource.Results results,
            Consumer<String> log)
            throws IOException {
        // Beside the standbys of this archive, since it is about the server.
        NoStreamNote note = NoStreamNote.at(spool.directory().resolveSibling(NoStreamNote.NAME));
        if (!note.holds()) {
            StreamSource.Opened opened = StreamSource.open(connection, server, first, spool, results);
            if (opened.source() != null) {
                note.remove();
                return opened.source();
            }
            int code = opened.exitCode();
            if (code != NoStreamNote.UNKNOWN_OPTION) {
                // Not reached, or it knows the option and says that something is wrong.
                throw new IOException("the remote command ended with exit code " + code);
            }
            log.accept("the server does not stream; one command per file, over one connection");
            note.write(NoStreamNote.UNABLE);
        }
        CommandSource source = new CommandSource(connection, server, options, spool, results);
        source.open();
        source.request(first);
        return source;
    }
}

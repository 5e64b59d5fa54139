// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.commands;

import com.beust.jcommander.Parameter;
import dev.barman.cli.args.Positional;
import dev.barman.cli.args.PositiveInt;
import dev.barman.cli.args.QuickFlags;
import dev.barman.cli.frame.Command;
import dev.barman.cli.frame.CommandContext;
import dev.barman.cli.frame.ExitCode;
import dev.barman.cli.frame.ServerRules;
import dev.barman.core.BarmanException;
import dev.barman.core.archive.GetWal;
import dev.barman.core.archive.SshOrigin;
import dev.barman.core.archive.WalStreamServer;
import dev.barman.core.config.ServerConfig;
import dev.barman.process.OwnProcess;
import dev.barman.wal.WalFileName;
import dev.barman.wal.compress.CompressionAlgorithm;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code barman get-wal}: a WAL file on standard output, or into a directory. */
public final class GetWalCommand implements Command, QuickFlags {
    private static final Logger logger = LoggerFactory.getLogger("barman.server");
    private static final String WAL_NAME = "wal_name";
    private static final String PARTIAL = "--partial";
    private static final String KEEP_COMPRESSION = "--keep-compression";
    private static final String STREAM = "--stream";
    private static final String GZIP = "--gzip";
    private static final String BZIP2 = "--bzip2";

    @Parameter(
            names = {"-o", "--output-directory"},
            description = "write the file into this directory instead of standard output")
    @Nullable
    String outputDirectory;

    @Parameter(
            names = {"-P", PARTIAL},
            description = "use a partial WAL file if there is no complete one")
    boolean partial;

    @Parameter(
            names = {GZIP, "-z", "-x"},
            description = "pass the file on as gzip")
    boolean gzip;

    @Parameter(
            names = {BZIP2, "-j"},
            description = "pass the file on as bzip2")
    boolean bzip2;

    @Parameter(names = KEEP_COMPRESSION, description = "send the file compressed as it is stored")
    boolean keepCompression;

    @Parameter(
            names = {"-p", "--peek"},
            converter = PositiveInt.class,
            description = "list up to this number of WAL files from the given one on")
    @Nullable
    Integer peek;

    @Parameter(
            names = {"-t", "--test"},
            description = "only test whether WAL files could be retrieved")
    boolean test;

    @Parameter(
            names = STREAM,
            description = "for clients that fetch several files over one connection: take further names from standard"
                    + " input and send each file as it is stored, with its name and its length")
    boolean stream;

    @Override
    public List<Positional> positionals() {
        return List.of(Positional.SERVER, Positional.required(WAL_NAME, "the name of a WAL file"));
    }

    /** What the clients on the database hosts ask for. */
    @Override
    public boolean switchOn(String word) {
        if (word.equals(STREAM)) {
            stream = true;
        } else if (word.equals(KEEP_COMPRESSION)) {
            keepCompression = true;
        } else if (word.equals(PARTIAL)) {
            partial = true;
        } else {
            return false;
        }
        return true;
    }

    @Override
    public int run(CommandContext context) throws BarmanException, IOException, InterruptedException {
        Optional<ServerConfig> server = context.singleServer(ServerRules.USE_ARCHIVE);
        if (server.isEmpty()) {
            return context.exitCode();
        }
        String origin = SshOrigin.suffix(context.terminal().environment());
        if (stream) {
            return stream(context, server.get(), origin);
        }
        if (test) {
            context.out()
                    .info("Ready to retrieve WAL files from the server "
                            + server.get().name() + origin);
            return context.exitCode();
        }
        String requested = context.arguments().text(WAL_NAME);
        Optional<WalFileName> name = WalFileName.tryParse(requested);
        if (name.isEmpty()) {
            context.out().error("'" + requested + "' is not a valid wal file name" + origin);
            return ExitCode.BAD_WAL_REQUEST;
        }
        GetWal wals = new GetWal(server.get());
        if (peek != null) {
            for (String found : wals.peek(name.get(), peek)) {
                context.out().info(found);
            }
            return context.exitCode();
        }
        CompressionAlgorithm compression = compression(context);
        if (keepCompression && compression != null) {
            context.out().error("argument `" + compression.id() + "` not allowed with argument `keep-compression`");
            return context.exitCode();
        }
        GetWal.Options options = new GetWal.Options(partial, keepCompression, compression);
        return outputDirectory == null
                ? toStandardOutput(context, server.get(), wals, name.get(), options, origin)
                : intoDirectory(context, server.get(), wals, name.get(), options, origin, Path.of(outputDirectory));
    }

    private int stream(CommandContext context, ServerConfig server, String origin)
            throws BarmanException, InterruptedException {
        String other = besideStream();
        if (other != null) {
            context.out().error("argument `stream` not allowed with argument `" + other + "`");
            return context.exitCode();
        }
        CommandContext.Terminal terminal = context.terminal();
        try {
            new WalStreamServer(server, partial, origin)
                    .serve(context.arguments().text(WAL_NAME), terminal.stdin(), new Checked(terminal.stdout()));
        } catch (WalStreamServer.ClientGoneException e) {
            // Nobody is there to read an error.
            logger.info("{}{}", e.getMessage(), origin);
            return ExitCode.ERROR;
        }
        return context.exitCode();
    }

    private @Nullable String besideStream() {
        if (test) {
            return "test";
        } else if (peek != null) {
            return "peek";
        } else if (outputDirectory != null) {
            return "output-directory";
        } else if (keepCompression) {
            return "keep-compression";
        } else if (gzip) {
            return "gzip";
        }
        return bzip2 ? "bzip2" : null;
    }

    private @Nullable CompressionAlgorithm compression(CommandContext context) {
        if (!gzip && !bzip2) {
            return null;
        }
        String last = context.arguments().lastGiven(GZIP, BZIP2).orElse(gzip ? GZIP : BZIP2);
        return last.equals(GZIP) ? CompressionAlgorithm.GZIP : CompressionAlgorithm.BZIP2;
    }

    private static int toStandardOutput(
            CommandContext context,
            ServerConfig server,
            GetWal wals,
            WalFileName name,
            GetWal.Options options,
            String origin)
            throws BarmanException, IOException {
        PrintStream stdout = context.terminal().stdout();
        logger.info("Sending WAL '{}' for server '{}' to standard output{}", name.text(), server.name(), origin);
        if (!wals.write(name, options, () -> new Checked(stdout))) {
            notFound(context, server, name, origin);
        }
        return context.exitCode();
    }

    private static int intoDirectory(
            CommandContext context,
            ServerConfig server,
            GetWal wals,
            WalFileName name,
            GetWal.Options options,
            String origin,
            Path directory)
            throws BarmanException, IOException {
        Path target = directory.resolve(name.text());
        Path temporary = directory.resolve("." + name.text() + "." + OwnProcess.pid() + ".tmp");
        // Opened before the search, since a directory that cannot be written is another exit code than a missing WAL.
        try {
            Files.newOutputStream(temporary).close();
        } catch (IOException e) {
            context.out().error("Unable to open '" + target + "' file: " + pythonText(e, target));
            return ExitCode.BAD_WAL_REQUEST;
        }
        try {
            boolean found = wals.write(name, options, () -> {
                context.out()
                        .info("Sending WAL '" + name.text() + "' for server '" + server.name() + "' into '" + target
                                + "' file" + origin);
                return Files.newOutputStream(temporary, StandardOpenOption.TRUNCATE_EXISTING);
            });
            if (found) {
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            } else {
                notFound(context, server, name, origin);
            }
        } finally {
            Files.deleteIfExists(temporary);
        }
        return context.exitCode();
    }

    private static void notFound(CommandContext context, ServerConfig server, WalFileName name, String origin) {
        context.out().error("WAL file '" + name.text() + "' not found in server '" + server.name() + "'" + origin);
    }

    private static String pythonText(IOException failure, Path target) {
        String reason;
        if (failure instanceof NoSuchFileException) {
            reason = "[Errno 2] No such file or directory";
        } else if (failure instanceof AccessDeniedException) {
            reason = "[Errno 13] Permission denied";
        } else if (failure instanceof FileSystemException other && other.getReason() != null) {
            reason = other.getReason();
        } else {
            reason = String.valueOf(failure.getMessage());
        }
        return reason + ": '" + target + "'";
    }

    /** A PrintStream keeps failures to itself; whoever waits for the WAL must not take a part of it for the whole. */
    private static final class Checked extends FilterOutputStream {
        private final PrintStream stdout;

        Checked(PrintStream stdout) {
            super(stdout);
            this.stdout = stdout;
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            stdout.write(bytes, offset, length);
            check();
        }

        @Override
        public void close() throws IOException {
            check();
        }

        private void check() throws IOException {
            if (stdout.checkError()) {
                throw new IOException("Cannot write to standard output: its reader is gone");
            }
        }
    }
}

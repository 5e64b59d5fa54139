// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import dev.barman.core.BarmanException;
import dev.barman.core.config.ServerConfig;
import dev.barman.file.IoReason;
import dev.barman.log.SecretRedactor;
import dev.barman.wal.WalFileName;
import dev.barman.wal.stream.WalStreamWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives a client WAL files of one server, one after the other, over one connection: the server's side of
 * {@link dev.barman.wal.stream}. Nothing is held from one request to the next, no lock and no open file, so a session may last as long as
 * the client likes. Not thread-safe.
 */
public final class WalStreamServer {
    private static final Logger logger = LoggerFactory.getLogger("barman.server");

    private final ServerConfig server;
    private final GetWal wals;
    private final boolean partial;
    private final String origin;

    /**
     * A server of one session.
     *
     * @param partial whether partial segments will do where there are no complete ones
     * @param origin what {@link SshOrigin#suffix} says, for the log
     */
    public WalStreamServer(ServerConfig server, boolean partial, String origin) {
        this.server = server;
        this.wals = new GetWal(server);
        this.partial = partial;
        this.origin = origin;
    }

    /** The client does not read any more. */
    public static final class ClientGoneException extends BarmanException {
        private static final long serialVersionUID = 1L;

        ClientGoneException(String server, IOException cause) {
            super("The client that WAL files of server '" + server + "' were sent to is gone", cause);
        }
    }

    /**
     * Answers requests until there are no more.
     *
     * @param first the first request
     * @param requests the further ones, one per line; read by a thread of its own, so that a client may ask far ahead without reading
     * @param out where the answers go; the caller closes it
     * @throws ClientGoneException when {@code out} cannot be written to any more
     * @throws BarmanException when the client asks further ahead than is sane; what it asked for before that was answered
     */
    public void serve(String first, InputStream requests, OutputStream out)
            throws BarmanException, InterruptedException {
        WalStreamWriter writer = new WalStreamWriter(new ClientOutput(out));
        try {
            writer.greet();
            WalRequests queue = WalRequests.reading(requests);
            for (String request = first; request != null; request = queue.next()) {
                answer(request, writer);
            }
            if (queue.isOverrun()) {
                throw new BarmanException("The client asked for more than " + WalRequests.MOST_AHEAD
                        + " WAL files of server '" + server.name() + "' ahead" + origin);
            }
        } catch (ClientWriteException e) {
            throw new ClientGoneException(server.name(), e);
        } catch (IOException e) {
            throw new IllegalStateException("only writing to the client can fail here", e);
        }
    }

    private void answer(String request, WalStreamWriter writer) throws IOException {
        Optional<WalFileName> name = WalFileName.tryParse(request);
        if (name.isEmpty()) {
            writer.failed(request, "not a valid wal file name");
            return;
        }
        String failure;
        try {
            boolean found = wals.writeStored(name.get(), partial, other -> {
                logger.info("Sending WAL '{}' for server '{}' to standard output{}", request, server.name(), origin);
                writer.begin(request, other);
                return new FileOutput(writer);
            });
            if (found) {
                writer.end();
            } else {
                logger.info("WAL file '{}' not found in server '{}'{}", request, server.name(), origin);
                writer.absent(request);
            }
            return;
        } catch (ClientWriteException e) {
            throw e;
        } catch (IOException e) {
            failure = IoReason.of(e);
        } catch (BarmanException e) {
            failure = e.getMessage();
        } catch (RuntimeException e) {
            // One damaged file must not keep the others from the client.
            logger.error("Unexpected failure", e);
            failure = e.toString();
        }
        fail(request, failure, writer);
    }

    private void fail(String request, @Nullable String failure, WalStreamWriter writer) throws IOException {
        String reason = SecretRedactor.redact(failure == null ? "unknown reason" : failure);
        logger.error("Cannot send WAL '{}' for server '{}'{}: {}", request, server.name(), origin, reason);
        if (writer.isFileOpen()) {
            writer.abort(reason);
        } else {
            writer.failed(request, reason);
        }
    }

    /** Writing failed, not reading. */
    private static final class ClientWriteException extends IOException {
        private static final long serialVersionUID = 1L;

        ClientWriteException(IOException cause) {
            super(cause);
        }
    }

    /** Makes failures of the client's side recognisable. */
    private static final class ClientOutput extends OutputStream {
        private final OutputStream out;

        ClientOutput(OutputStream out) {
            this.out = out;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            try {
                out.write(bytes, offset, length);
            } catch (IOException e) {
                throw new ClientWriteException(e);
            }
        }

        @Override
        public void flush() throws IOException {
            try {
                out.flush();
            } catch (IOException e) {
                throw new ClientWriteException(e);
            }
        }
    }

    /** The content of the file that was begun; only whoever began it knows whether it is complete. */
    private static final class FileOutput extends OutputStream {
        private final WalStreamWriter writer;

        FileOutput(WalStreamWriter writer) {
            this.writer = writer;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            writer.write(bytes, offset, length);
        }
    }
}

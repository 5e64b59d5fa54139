// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import dev.barman.core.BarmanException;
import dev.barman.core.config.ServerConfig;
import dev.barman.core.message.Messages;
import dev.barman.file.IoReason;
import dev.barman.log.SecretRedactor;
import dev.barman.wal.stream.DeliveryReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives deliveries of WAL files for one server, one after the other, over one connection: the server's side of
 * {@link dev.barman.wal.stream}. Each delivery is what {@link PutWal} takes on its own, and is answered when that is done. Nothing is
 * held from one to the next, so a session may last as long as the client likes. Not thread-safe.
 */
public final class PutWalStreamServer {
    private static final Logger logger = LoggerFactory.getLogger("barman.server");

    private final String server;
    private final Configured configured;
    private final Clock clock;
    private final String origin;
    private final Duration patience;

    /** Gives the server as it is configured at this moment. */
    public interface Configured {
        /**
         * Reads the configuration.
         *
         * @throws BarmanException when that is impossible, or does not have the server any more
         */
        ServerConfig now() throws BarmanException;
    }

    /**
     * A server of one session.
     *
     * @param server its name, for messages
     * @param configured asked before every delivery: a session may be older than the directory that WAL has to go to
     * @param clock gives the stamps of files in the errors directory
     * @param origin what {@link SshOrigin#suffix} says, for the log
     */
    public PutWalStreamServer(String server, Configured configured, Clock clock, String origin) {
        this(server, configured, clock, origin, WalRequests.PATIENCE);
    }

    /** With another time after which a client that says nothing is taken for gone. */
    PutWalStreamServer(String server, Configured configured, Clock clock, String origin, Duration patience) {
        this.server = server;
        this.configured = configured;
        this.clock = clock;
        this.origin = origin;
        this.patience = patience;
    }

    /**
     * Takes deliveries until the client ends the session, or is gone: then nobody is there to be told, and whatever it did not see
     * acknowledged it delivers again. A client that neither delivers nor says that it is there is gone, too: when its host has vanished nothing
     * else tells.
     *
     * @throws BarmanException when the client breaks the protocol
     */
    public void serve(InputStream in, OutputStream out) throws BarmanException {
        DeliveryReader deliveries = new DeliveryReader(PatientInputStream.reading(in, patience), out);
        try {
            deliveries.greet();
            for (DeliveryReader.Delivery delivery = deliveries.next(); delivery != null; delivery = deliveries.next()) {
                String refusal = receive(delivery);
                if (!delivery.skipRest()) {
                    logger.info("The client that delivered WAL files for server '{}' broke off{}", server, origin);
                    return;
                }
                if (refusal == null) {
                    deliveries.stored();
                } else {
                    deliveries.refused(refusal);
                }
            }
        } catch (PatientInputStream.SilenceException e) {
            gone(e);
        } catch (IOException e) {
            throw new BarmanException(
                    "The connection of a client that delivers WAL files for server '" + server + "' broke" + origin
                            + ": " + IoReason.alone(e),
                    e);
        }
    }

    private void gone(IOException silence) {
        logger.warn(
                "The client that delivered WAL files for server '{}' is taken for gone{}: {}",
                server,
                origin,
                silence.getMessage());
    }

    /** Returns why the delivery is refused; null when it is stored. */
    private @Nullable String receive(DeliveryReader.Delivery delivery) {
        Refusals refusals = new Refusals();
        String failure;
        try {
            if (new PutWal(configured.now(), refusals, clock, origin).receive(delivery)) {
                return null;
            }
            failure = refusals.text();
        } catch (BarmanException e) {
            failure = String.valueOf(e.getMessage());
        } catch (RuntimeException e) {
            // One delivery that cannot be dealt with must not keep the others from the archive.
            logger.error("Unexpected failure", e);
            failure = e.toString();
        }
        String reason = SecretRedactor.redact(failure);
        logger.error("Cannot take WAL files for server '{}'{}: {}", server, origin, reason);
        return reason;
    }

    /** What a reception has to say goes into the answer, since standard output belongs to the protocol. */
    private static final class Refusals implements Messages {
        private final List<String> said = new ArrayList<>();

        synchronized String text() {
            return said.isEmpty() ? "refused" : String.join("; ", said);
        }

        private synchronized void say(String message) {
            said.add(message.strip());
        }

        @Override
        public void debug(String message) {
            logger.debug("{}", message);
        }

        @Override
        public void info(String message) {
            say(message);
        }

        @Override
        public void warning(String message) {
            logger.warn("{}", message);
        }

        @Override
        public void error(String message) {
            say(message);
        }

        @Override
        public void exception(String message) {
            say(message);
        }
    }
}

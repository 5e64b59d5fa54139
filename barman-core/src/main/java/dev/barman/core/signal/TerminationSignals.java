// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.signal;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Catches SIGINT, SIGTERM and SIGHUP from {@link #install()} to {@link #close()}, so that work that must not be left half
 * recorded can end itself. Without it the JVM runs its shutdown hooks and exits while that work goes on in another thread.
 *
 * <p>A caught signal is remembered, actions registered with {@link #onSignal} are run (to end a child process, say), and every
 * wait through this class ends; the working thread learns of it from {@link #check()}. A signal that the process was started
 * with as ignored ({@code nohup}) stays ignored. One instance at a time; its methods may be called from any thread.
 */
public final class TerminationSignals implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TerminationSignals.class);

    private final List<Replaced> replaced = new ArrayList<>();
    private final List<Runnable> actions = new ArrayList<>();

    /** Held while actions run, so that none runs after its registration is closed. */
    private final Object running = new Object();

    private @Nullable Kind received;

    /** A signal that ends a process. */
    public enum Kind {
        INT("KeyboardInterrupt"),
        TERM("143"),
        HUP("129");

        private final String cause;

        Kind(String cause) {
            this.cause = cause;
        }

        /** What Barman records as the cause. */
        public String cause() {
            return cause;
        }
    }

    private record Replaced(Object signal, Object handler) {}

    /** An action that runs when a signal comes, until it is closed. */
    public interface Registration extends AutoCloseable {
        @Override
        void close();
    }

    private TerminationSignals() {}

    /** Begins to catch the signals. Where the JVM does not let it ({@code -Xrs}), signals keep their effect. */
    public static TerminationSignals install() {
        TerminationSignals signals = new TerminationSignals();
        for (Kind kind : Kind.values()) {
            signals.replace(kind);
        }
        return signals;
    }

    /** An instance that catches nothing, for callers that have their own way to stop. */
    public static TerminationSignals none() {
        return new TerminationSignals();
    }

    /** Acts as if the signal had come. */
    public void raise(Kind kind) {
        synchronized (this) {
            if (received == null) {
                received = kind;
            }
            notifyAll();
        }
        synchronized (running) {
            for (Runnable action : List.copyOf(actions)) {
                action.run();
            }
        }
        LOG.info("SIG{} received", kind);
    }

    /** The first signal that came. */
    public synchronized Optional<Kind> received() {
        return Optional.ofNullable(received);
    }

    /**
     * Forgets the signal that came, for work that may be left undone without harm when it comes.
     *
     * @return the signal forgotten
     */
    public synchronized Optional<Kind> clear() {
        Optional<Kind> was = Optional.ofNullable(received);
        received = null;
        return was;
    }

    /** @throws TerminatedException if a signal came */
    public void check() throws TerminatedException {
        Kind kind = received().orElse(null);
        if (kind != null) {
            throw new TerminatedException(kind.cause());
        }
    }

    /**
     * Waits.
     *
     * @throws TerminatedException if a signal came before or comes meanwhile
     */
    public void sleep(Duration duration) throws TerminatedException {
        long end = System.nanoTime() + duration.toNanos();
        boolean interrupted = false;
        synchronized (this) {
            while (received == null) {
                long left = (end - System.nanoTime() + 999_999) / 1_000_000;
                if (left <= 0) {
                    break;
                }
                try {
                    wait(left);
                } catch (InterruptedException e) {
                    interrupted = true;
                    break;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
            throw new TerminatedException(Kind.INT.cause());
        }
        check();
    }

    /**
     * Runs an action whenever a signal comes, on the thread that handles signals, and at once if one came already. The action
     * must be quick; it may run while the working thread is busy, and never after the registration is closed.
     */
    public Registration onSignal(Runnable action) {
        Registration registration = onFurtherSignal(action);
        if (received().isPresent()) {
            action.run();
        }
        return registration;
    }

    /** As {@link #onSignal}, for the signals that come from now on. */
    public Registration onFurtherSignal(Runnable action) {
        synchronized (running) {
            actions.add(action);
        }
        return () -> {
            synchronized (running) {
                actions.remove(action);
            }
        };
    }

    /** Gives the signals back to their former handlers. Further calls do nothing. */
    @Override
    public void close() {
        List<Replaced> toRestore;
        synchronized (this) {
            toRestore = new ArrayList<>(replaced);
            replaced.clear();
        }
        for (Replaced one : toRestore) {
            try {
                handle(one.signal(), one.handler());
            } catch (ReflectiveOperationException e) {
                LOG.debug("cannot restore the handler of {}: {}", one.signal(), String.valueOf(e.getCause()));
            }
        }
    }

    private void replace(Kind kind) {
        try {
            // By reflection: the only interface the JDK has for this is one that the compiler always warns of.
            Object signal = Class.forName("sun.misc.Signal")
                    .getConstructor(String.class)
                    .newInstance(kind.name());
            Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
            Object handler = Proxy.newProxyInstance(
                    handlerType.getClassLoader(), new Class<?>[] {handlerType}, (proxy, method, arguments) -> {
                        switch (method.getName()) {
                            case "handle" -> {
                                raise(kind);
                                return null;
                            }
                            case "hashCode" -> {
                                return System.identityHashCode(proxy);
                            }
                            case "equals" -> {
                                return proxy == arguments[0];
                            }
                            default -> {
                                return "handler of SIG" + kind;
                            }
                        }
                    });
            Object former = handle(signal, handler);
            if (former.equals(handlerType.getField("SIG_IGN").get(null))) {
                handle(signal, former);
                return;
            }
            synchronized (this) {
                replaced.add(new Replaced(signal, former));
            }
        } catch (InvocationTargetException e) {
            LOG.debug("SIG{} cannot be caught: {}", kind, String.valueOf(e.getCause()));
        } catch (ReflectiveOperationException e) {
            LOG.debug("SIG{} cannot be caught: {}", kind, e.toString());
        }
    }

    private static Object handle(Object signal, Object handler) throws ReflectiveOperationException {
        Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
        Method handle = signal.getClass().getMethod("handle", signal.getClass(), handlerType);
        return handle.invoke(null, signal, handler);
    }
}

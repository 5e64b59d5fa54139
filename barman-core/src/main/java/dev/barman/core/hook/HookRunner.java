// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.hook;

import dev.barman.core.config.HookEvent;
import dev.barman.core.config.HookPhase;
import dev.barman.core.config.HookScripts;
import dev.barman.core.config.ServerConfig;
import dev.barman.process.Command;
import dev.barman.process.CommandResult;
import dev.barman.process.CommandRunner;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the hook scripts of one server: {@code pre_X_script}, {@code pre_X_retry_script}, then the event, then
 * {@code post_X_retry_script} and {@code post_X_script}.
 *
 * <p>A standard script's exit code is logged and otherwise ignored. A retry script is repeated until it exits with 0, with 62
 * (give up, go on) or with 63 (give up, and stop the event if it has not happened yet); between the attempts there are pauses of 3
 * seconds, and of 60 seconds after every sixth failure, without end. A script has no time limit, reads nothing, and what it prints
 * goes to the log. All of this is Barman's behaviour. Not thread-safe.
 */
public final class HookRunner {
    /** The release whose behaviour scripts may rely on, given to them as {@code BARMAN_VERSION}. */
    public static final String COMPATIBLE_VERSION = "3.17.0";

    private static final Logger logger = LoggerFactory.getLogger("barman.hooks");
    private static final Logger outputLogger = LoggerFactory.getLogger("Command");

    private static final int ABORT_CONTINUE = 62;
    private static final int ABORT_STOP = 63;
    private static final int SHORT_PAUSES = 5;
    private static final Duration SHORT_PAUSE = Duration.ofSeconds(3);
    private static final Duration LONG_PAUSE = Duration.ofSeconds(60);

    private final Scripts scripts;
    private final String serverName;
    private final String configurationFile;
    private final @Nullable String pathPrefix;
    private final Sleeper sleeper;

    /** Where the scripts are configured; {@link HookScripts#script} as a rule. */
    @FunctionalInterface
    public interface Scripts {
        /** The shell command for an event, empty when there is none. */
        Optional<String> script(HookEvent event, HookPhase phase, boolean retry);
    }

    /** Waits between two attempts. */
    @FunctionalInterface
    public interface Sleeper {
        /** Returns after that time. */
        void sleep(Duration duration) throws InterruptedException;
    }

    /**
     * Creates a runner.
     *
     * @param serverName the server, as scripts see it
     * @param configurationFile the main configuration file as the user named it
     * @param pathPrefix directories to be put before {@code PATH}, or null
     * @param sleeper waits between the attempts of retry scripts
     */
    public HookRunner(
            Scripts scripts,
            String serverName,
            String configurationFile,
            @Nullable String pathPrefix,
            Sleeper sleeper) {
        this.scripts = scripts;
        this.serverName = serverName;
        this.configurationFile = configurationFile;
        this.pathPrefix = pathPrefix;
        this.sleeper = sleeper;
    }

    /**
     * The runner of a configured server.
     *
     * @param configurationFile the main configuration file as the user named it
     */
    public static HookRunner of(ServerConfig server, String configurationFile) {
        return new HookRunner(
                server.hooks()::script,
                server.name(),
                configurationFile,
                server.connection().pathPrefix(),
                duration -> Thread.sleep(duration.toMillis()));
    }

    /** Whether any script is configured for the event; without one, {@link #before} and {@link #after} do nothing. */
    public boolean hasScripts(HookEvent event) {
        for (HookPhase phase : HookPhase.values()) {
            if (scripts.script(event, phase, false).isPresent()
                    || scripts.script(event, phase, true).isPresent()) {
                return true;
            }
        }
        return false;
    }

    /**
     * Runs the scripts that come before an event.
     *
     * @throws HookAbortedException when the retry script exits with 63: the event must not happen
     * @throws InterruptedIOException when the thread is interrupted
     */
    public void before(HookEvent event, HookEnvironment environment)
            throws HookAbortedException, InterruptedIOException {
        Optional<String> standard = scripts.script(event, HookPhase.PRE, false);
        if (standard.isPresent()) {
            attempt(event, HookPhase.PRE, false, standard.get(), environment);
        }
        Optional<String> retry = scripts.script(event, HookPhase.PRE, true);
        if (retry.isPresent()) {
            int exitCode = repeat(event, HookPhase.PRE, retry.get(), environment);
            if (exitCode == ABORT_STOP) {
                throw new HookAbortedException(
                        HookScripts.optionName(event, HookPhase.PRE, true), retry.get(), exitCode);
            }
        }
    }

    /**
     * Runs the scripts that come after an event, whatever they answer. An interrupt of the thread ends the attempts; the flag is
     * set then.
     */
    public void after(HookEvent event, HookEnvironment environment) {
        try {
            Optional<String> retry = scripts.script(event, HookPhase.POST, true);
            if (retry.isPresent()) {
                int exitCode = repeat(event, HookPhase.POST, retry.get(), environment);
                if (exitCode == ABORT_STOP) {
                    logger.warn(
                            "Ignoring stop request after receiving abort (exit code {}) from post-{} retry hook script: {}",
                            ABORT_STOP,
                            event.id().replace('_', '-'),
                            retry.get());
                }
            }
            Optional<String> standard = scripts.script(event, HookPhase.POST, false);
            if (standard.isPresent()) {
                attempt(event, HookPhase.POST, false, standard.get(), environment);
            }
        } catch (InterruptedIOException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Returns 0, {@link #ABORT_CONTINUE} or {@link #ABORT_STOP}. */
    private int repeat(HookEvent event, HookPhase phase, String command, HookEnvironment environment)
            throws InterruptedIOException {
        int pauses = 0;
        while (true) {
            int exitCode = attempt(event, phase, true, command, environment);
            if (exitCode == 0) {
                return exitCode;
            }
            if (exitCode == ABORT_CONTINUE) {
                logger.warn("{} was aborted (got exit status {}, Barman resumes)", command, exitCode);
                return exitCode;
            }
            if (exitCode == ABORT_STOP) {
                logger.error("{} was aborted (got exit status {}, Barman requested to stop)", command, exitCode);
                return exitCode;
            }
            if (pauses < SHORT_PAUSES) {
                logger.debug("Retry again in {} seconds", SHORT_PAUSE.toSeconds());
                pause(SHORT_PAUSE);
                pauses++;
            } else {
                logger.debug(
                        "Reached {} failures. Take a nap then retry again in {} seconds",
                        SHORT_PAUSES,
                        LONG_PAUSE.toSeconds());
                pause(LONG_PAUSE);
                pauses = 0;
            }
        }
    }

    private void pause(Duration duration) throws InterruptedIOException {
        try {
            sleeper.sleep(duration);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static InterruptedIOException interrupted(Exception cause) {
        InterruptedIOException failure =
                new InterruptedIOException("interrupted while a hook script was to be repeated");
        failure.initCause(cause);
        return failure;
    }

    /** Returns the exit code, or -1 when the script could not be started. */
    private int attempt(HookEvent event, HookPhase phase, boolean retry, String command, HookEnvironment environment)
            throws InterruptedIOException {
        String hookName = event.id() + (retry ? "_retry_script" : "_script");
        logger.debug("Attempt to run {}: {}", hookName, command);
        List<String> stdout = Collections.synchronizedList(new ArrayList<>());
        List<String> stderr = Collections.synchronizedList(new ArrayList<>());
        CommandResult result;
        try {
            result = CommandRunner.run(
                    Command.shell(command).withEnvironment(variables(event, phase, retry, hookName, environment)),
                    line -> {
                        stdout.add(line);
                        outputLogger.debug("{}", line);
                    },
                    line -> {
                        stderr.add(line);
                        outputLogger.warn("{}", line);
                    });
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            logger.error("Exception running {}", hookName, e);
            return -1;
        }
        if (result.succeeded()) {
            logger.debug("{} returned {}", command, result.exitCode());
        } else {
            logger.warn(
                    "{} returned {}\nOutput details:\n{}{}", command, result.exitCode(), text(stdout), text(stderr));
        }
        return result.exitCode();
    }

    private static String text(List<String> lines) {
        StringBuilder text = new StringBuilder();
        for (String line : lines) {
            text.append(line).append('\n');
        }
        return text.toString();
    }

    private Map<String, String> variables(
            HookEvent event, HookPhase phase, boolean retry, String hookName, HookEnvironment environment) {
        Map<String, String> variables = new LinkedHashMap<>();
        variables.put("BARMAN_VERSION", COMPATIBLE_VERSION);
        variables.put("BARMAN_SERVER", serverName);
        variables.put("BARMAN_CONFIGURATION", configurationFile);
        variables.put("BARMAN_HOOK", hookName);
        variables.put("BARMAN_PHASE", phase.id());
        variables.put("BARMAN_RETRY", retry ? "1" : "0");
        // Barman tells the outcome of archiving to the retry script only; existing scripts may rely on that.
        boolean silent = event == HookEvent.ARCHIVE && !retry;
        variables.put("BARMAN_ERROR", silent ? "" : environment.error());
        environment.putInto(variables);
        if (pathPrefix != null && !pathPrefix.isEmpty()) {
            String path = System.getenv("PATH");
            variables.put("PATH", path == null ? pathPrefix : pathPrefix + ":" + path);
        }
        return variables;
    }
}

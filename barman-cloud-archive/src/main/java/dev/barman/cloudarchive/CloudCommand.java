// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.args.ArgumentParser;
import dev.barman.args.ParsedArguments;
import dev.barman.args.ProgramVersion;
import dev.barman.args.UsageException;
import dev.barman.core.BarmanException;
import dev.barman.log.BarmanLog;
import dev.barman.log.LogLevel;
import dev.barman.object.ObjectStore;
import dev.barman.object.StorageException;
import dev.barman.process.ProgramEnd;
import dev.barman.storage.cloud.CloudLocation;
import dev.barman.storage.cloud.WalKeys;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Clock;

/**
 * What the cloud commands for backups have in common: the command line with its common options, messages, the test of the connection,
 * and exit codes. A command declares its own options, checks them without asking the store, and does its work. Stateless.
 */
abstract class CloudCommand {
    private final String program;
    private final String subject;
    private final String description;

    /**
     * @param program name of the command
     * @param subject how the messages of unexpected failures begin: {@code Barman cloud backup show}
     * @param description for the help text
     */
    CloudCommand(String program, String subject, String description) {
        this.program = program;
        this.subject = subject;
        this.description = description;
    }

    /** The work of one run, with everything on the command line known to be right. */
    interface Work {
        /** Returns the exit code. */
        int run(CloudSession session) throws CloudException, BarmanException, IOException;
    }

    /** Makes the access to a bucket or container; nothing is sent yet. */
    interface StoreOpener {
        ObjectStore open(ParsedArguments arguments, CloudLocation location)
                throws UsageException, CloudException, StorageException;
    }

    /** The name of the first positional: {@code SOURCE_URL}, or {@code DESTINATION_URL} where something is written. */
    String urlArgument() {
        return "SOURCE_URL";
    }

    /** Declares options and positionals of this command; URL and server come before the positionals. */
    abstract void declare(ArgumentParser parser);

    /** Checks the options and positionals of this command; asks nobody. */
    abstract Work prepare(ParsedArguments arguments) throws UsageException, CloudException;

    /** The exit code of {@code --test} for a bucket that does not exist. */
    int testOfMissingBucket() {
        return CloudExit.FAILED;
    }

    /** The exit code when the store cannot be reached, other than in {@code --test}. */
    int unreachable() {
        return CloudExit.OTHER;
    }

    /** Runs the command and ends the virtual machine with its exit code. */
    final void end(String[] args) {
        int code;
        try {
            code = execute(args, System.out, System.err);
        } catch (RuntimeException | Error e) {
            code = ProgramEnd.defect(e, CloudExit.OTHER);
        }
        ProgramEnd.exit(code);
    }

    final int execute(String[] args, PrintStream out, PrintStream err) {
        return execute(
                args, out, err, (arguments, location) -> CloudOptions.open(location, CloudOptions.settings(arguments)));
    }

    final int execute(String[] args, PrintStream out, PrintStream err, StoreOpener stores) {
        ArgumentParser parser = new ArgumentParser(program, description);
        CloudOptions.declare(parser);
        parser.positional(urlArgument(), CloudOptions.URL_HELP)
                .positional("SERVER_NAME", "the server: the first part of its keys below the path");
        declare(parser);
        ParsedArguments arguments;
        try {
            arguments = parser.parse(args);
        } catch (UsageException e) {
            return usage(parser, err, e);
        }
        if (arguments.has("--help")) {
            out.print(parser.help());
            return CloudExit.OK;
        }
        if (arguments.has("--version")) {
            out.println(ProgramVersion.line(program));
            return CloudExit.OK;
        }
        CloudLog.Level level = CloudOptions.logLevel(arguments);
        LogLevel.exactName(level.name()).ifPresent(BarmanLog::setLevel);
        CloudLog log = new CloudLog(err, level, Clock.systemUTC());
        try {
            Work work = prepare(arguments);
            CloudLocation location =
                    CloudOptions.location(arguments.positional(urlArgument()), CloudOptions.provider(arguments));
            String server = arguments.positional("SERVER_NAME");
            WalKeys walKeys;
            try {
                walKeys = new WalKeys(location, server);
            } catch (IllegalArgumentException e) {
                throw new CloudException(CloudExit.OTHER, "Unusable server name: " + e.getMessage());
            }
            try (ObjectStore store = stores.open(arguments, location)) {
                if (arguments.has("--test")) {
                    return test(store, location, log);
                }
                return work.run(new CloudSession(store, location, server, walKeys, out, log));
            }
        } catch (UsageException e) {
            return usage(parser, err, e);
        } catch (CloudException e) {
            log.error(String.valueOf(e.getMessage()));
            return e.exitCode();
        } catch (StorageException e) {
            log.error(subject + " exception: " + e.getMessage());
            return e.reason() == StorageException.Reason.UNREACHABLE ? unreachable() : CloudExit.OTHER;
        } catch (BarmanException | IOException e) {
            log.error(subject + " exception: " + e.getMessage());
            return CloudExit.OTHER;
        }
    }

    private int usage(ArgumentParser parser, PrintStream err, UsageException e) {
        err.print(parser.usage());
        err.println(program + ": error: " + e.getMessage());
        return CloudExit.USAGE;
    }

    private int test(ObjectStore store, CloudLocation location, CloudLog log) throws StorageException {
        try {
            if (store.containerExists()) {
                return CloudExit.OK;
            }
            if (testOfMissingBucket() != CloudExit.OK) {
                log.error("Bucket " + location.bucket() + " does not exist");
            }
            return testOfMissingBucket();
        } catch (StorageException e) {
            if (e.reason() != StorageException.Reason.UNREACHABLE) {
                throw e;
            }
            log.error("Cannot reach the store of bucket " + location.bucket() + ": " + e.getMessage());
            return CloudExit.UNREACHABLE;
        }
    }
}

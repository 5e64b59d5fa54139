// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

import dev.barman.args.ArgumentParser;
import dev.barman.args.ParsedArguments;
import dev.barman.args.UsageException;
import dev.barman.wal.TimelineId;
import java.io.IOException;
import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/** {@code barman-cloud-check-wal-archive}: whether a new cluster can archive its WAL under a server name. */
public final class CloudCheckWalArchiveMain extends CloudCommand {
    static final String PROGRAM = "barman-cloud-check-wal-archive";

    private CloudCheckWalArchiveMain() {
        super(
                PROGRAM,
                "Barman cloud WAL archive check",
                "Checks that the WAL archive of a server in a bucket can be used for a new cluster. Creates the bucket when there is none.");
    }

    /**
     * Runs the command and ends the virtual machine with its exit code.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
        new CloudCheckWalArchiveMain().end(args);
    }

    /**
     * Runs the command.
     *
     * @param args the command line
     * @param out for nothing but help and version
     * @param err for messages
     * @return the exit code
     */
    public static int run(String[] args, PrintStream out, PrintStream err) {
        return new CloudCheckWalArchiveMain().execute(args, out, err);
    }

    static int run(String[] args, PrintStream out, PrintStream err, StoreOpener stores) {
        return new CloudCheckWalArchiveMain().execute(args, out, err, stores);
    }

    @Override
    String urlArgument() {
        return "DESTINATION_URL";
    }

    @Override
    int testOfMissingBucket() {
        return CloudExit.OK;
    }

    @Override
    int unreachable() {
        return CloudExit.UNREACHABLE;
    }

    @Override
    void declare(ArgumentParser parser) {
        parser.option("NUMBER", "allow WAL of lower timelines than this one", "--timeline");
    }

    @Override
    Work prepare(ParsedArguments arguments) throws UsageException {
        String text = arguments.value("--timeline");
        TimelineId timeline = text == null ? null : timeline(text);
        return session -> check(session, timeline);
    }

    private static TimelineId timeline(String text) throws UsageException {
        try {
            long number = Long.parseLong(text);
            if (number >= 1) {
                return TimelineId.of(number);
            }
        } catch (IllegalArgumentException e) {
            // the same message
        }
        throw new UsageException("argument --timeline: '" + text + "' is not a valid positive integer");
    }

    private static int check(CloudSession session, @Nullable TimelineId timeline) throws IOException {
        if (!session.store().containerExists()) {
            session.store().createContainer();
        }
        CloudWals wals = new CloudWals(session.store(), session.walKeys());
        int[] found = new int[1];
        wals.forEach(wal -> {
            if (timeline == null || wal.name().timeline().compareTo(timeline) >= 0) {
                found[0]++;
            }
            return timeline != null || found[0] == 0;
        });
        if (found[0] == 0) {
            return CloudExit.OK;
        }
        session.log()
                .error("WAL archive check failed for server " + session.server() + ": "
                        + (timeline == null
                                ? "Expected empty archive"
                                : "Found " + found[0] + (found[0] == 1 ? " file" : " files")
                                        + " in WAL archive equal to or newer than timeline " + timeline.value()));
        return CloudExit.FAILED;
    }
}

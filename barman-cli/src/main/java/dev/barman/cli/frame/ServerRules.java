// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.frame;

/**
 * What a command does with a selected server that is inactive ({@code active = false}), disabled (its section has problems) or
 * passive (it copies another Barman). Immutable.
 */
public record ServerRules(Treatment inactive, Treatment disabled, Treatment passive) {
    /** What happens to the server. */
    public enum Treatment {
        /** The command runs as for any other server. */
        RUN,
        /** An information line, and the command goes on with the next server. */
        SKIP,
        /** An error message; the exit code is 1. */
        ERROR
    }

    /** Commands that only look: everything runs. */
    public static final ServerRules LOOK = new ServerRules(Treatment.RUN, Treatment.RUN, Treatment.RUN);
    /** Most commands: inactive servers are skipped, disabled ones are an error. */
    public static final ServerRules WORK = new ServerRules(Treatment.SKIP, Treatment.ERROR, Treatment.RUN);
    /** {@code get-wal}, {@code delete}, {@code restore}, and the slot and control options of {@code receive-wal}. */
    public static final ServerRules USE_ARCHIVE = new ServerRules(Treatment.RUN, Treatment.ERROR, Treatment.RUN);
    /** {@code backup} and {@code replication-status}: as {@link #WORK}, and passive servers are skipped. */
    public static final ServerRules WORK_NOT_PASSIVE = new ServerRules(Treatment.SKIP, Treatment.ERROR, Treatment.SKIP);
    /** {@code cron}: inactive and disabled servers are skipped. */
    public static final ServerRules CRON = new ServerRules(Treatment.SKIP, Treatment.SKIP, Treatment.RUN);
    /** {@code put-wal}: inactive servers are an error. */
    public static final ServerRules RECEIVE_FILES = new ServerRules(Treatment.ERROR, Treatment.ERROR, Treatment.RUN);
}

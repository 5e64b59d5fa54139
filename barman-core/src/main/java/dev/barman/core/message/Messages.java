// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.message;

/**
 * The channel on which the engine talks to the person who runs a command.
 *
 * <p>Every message goes to the console in the form the front end chose (text, JSON, Nagios) and to the log under the
 * severity of the method. Messages may have several lines. {@link #error} and {@link #exception} also decide the exit
 * code of the command: after one of them it is 1. What only the log should see is logged through SLF4J instead.
 *
 * <p>Implementations are safe for use by several threads.
 */
public interface Messages {
    /** Says something that only interests who asked for debugging output. */
    void debug(String message);

    /** Says what the command does; no prefix, standard output. */
    void info(String message);

    /** Says something that deserves attention and does not change the outcome. */
    void warning(String message);

    /** Says that the command, or its part that concerns one server, fails. */
    void error(String message);

    /** Says that something failed in a way that was not foreseen; the log tells more. */
    void exception(String message);
}

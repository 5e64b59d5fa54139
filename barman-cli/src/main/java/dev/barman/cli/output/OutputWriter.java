// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.output;

import dev.barman.core.message.Messages;

/**
 * Where a command's messages and results go. Every message also goes to the log. A command renders its result itself, once for
 * each format:
 *
 * <pre>{@code
 * if (out instanceof JsonWriter json) {
 *     json.document().put(server, ...);
 * } else {
 *     out.print("...");
 * }
 * }</pre>
 *
 * Not thread-safe, except for the methods of {@link Messages}.
 */
public interface OutputWriter extends Messages {
    /**
     * Prints a line of a result on standard output, unless quiet. It is not a message: it does not go to the log, and the JSON
     * writer drops it.
     */
    void print(String line);

    /** True once an error or an exception was emitted, or {@link #fail()} was called. */
    boolean failed();

    /** Makes the exit code 1 without a message. */
    void fail();

    /** Ends the output: the JSON writer writes its document, at the first call. */
    void close();
}

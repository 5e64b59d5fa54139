// SPDX-License-Identifier: Apache-2.0
package dev.barman.process;

/** Receives the lines that a program writes, as it writes them. */
@FunctionalInterface
public interface LineConsumer {
    /**
     * Called once per line, from a thread that reads this stream only.
     *
     * @param line the line as UTF-8 text, without its end; a last line without an end is given too
     */
    void line(String line);
}

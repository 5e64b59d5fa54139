// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.args;

/**
 * A command with flags that programs give, which start it for WAL after WAL. Such flags are set without the annotations being read,
 * which takes as long as half the start of the JVM.
 */
public interface QuickFlags {
    /**
     * Sets the field of a flag; no other way to give it may matter, nor its place among the options.
     *
     * @param word a word of the command line that begins with a dash
     * @return false, and nothing is done, when it is not exactly such a flag
     */
    boolean switchOn(String word);
}

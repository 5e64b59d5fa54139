// SPDX-License-Identifier: Apache-2.0
package dev.barman.args;

/** The version of this product, as a constant: reading it from a jar's manifest would cost every start. */
public final class ProgramVersion {
    /** Version of this product. */
    public static final String VERSION = "0.1.0-SNAPSHOT";

    /** Release of the original Barman whose behaviour and formats this product has. */
    public static final String COMPATIBLE_WITH = "3.17";

    private ProgramVersion() {}

    /**
     * @param program name of the program
     * @return the line that {@code --version} prints, without a line feed
     */
    public static String line(String program) {
        return program + " " + VERSION + " (Barman for Java, compatible with Barman " + COMPATIBLE_WITH + ")";
    }
}

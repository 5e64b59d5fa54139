// SPDX-License-Identifier: Apache-2.0
package dev.barman.process;

/** How the programs end that PostgreSQL or a script runs. */
public final class ProgramEnd {
    private ProgramEnd() {}

    /**
     * Reports what should not have happened, in one line: PostgreSQL's log is no place for stack traces. With {@code BARMAN_DEBUG} in
     * the environment there is one.
     *
     * @param defect what was thrown
     * @param code the exit code for it
     * @return the code
     */
    public static int defect(Throwable defect, int code) {
        try {
            System.err.println("ERROR: internal error: " + defect);
            if (System.getenv("BARMAN_DEBUG") != null) {
                defect.printStackTrace();
            }
        } catch (RuntimeException | Error e) {
            // The memory may be exhausted. The exit code says the rest.
        }
        return code;
    }

    /**
     * Ends the virtual machine. Its shutdown hooks end what it has started.
     *
     * @param code the exit code
     */
    public static void exit(int code) {
        System.out.flush();
        System.exit(code);
    }
}

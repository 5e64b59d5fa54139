// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.restore;

/**
 * Exit codes of the restore commands.
 *
 * <p>PostgreSQL reads 1 to 125 as "the archive does not have this file", which may end recovery, and anything above as a
 * reason to stop. A Java virtual machine that dies of itself ends with 1, 3 or 134, and two of these would be taken for an
 * answer. So the programs end with the private codes below, and the launcher translates: 64 to 1, 65 to 2, 66 to 3, 67 to 4, and
 * whatever it does not know to 126.
 */
public final class PrivateExit {
    /** The complete file is at its destination. */
    public static final int DELIVERED = 0;

    /** Public code 1: the archive has been asked, and does not have the file. */
    public static final int ABSENT = 64;

    /** Public code 2. */
    public static final int TWO = 65;

    /** Public code 3. */
    public static final int THREE = 66;

    /** Public code 4. */
    public static final int FOUR = 67;

    /** Public code 126, like every code that the launcher does not know: a defect of the program, or PostgreSQL is to stop. */
    public static final int STOP = 70;

    private PrivateExit() {}
}

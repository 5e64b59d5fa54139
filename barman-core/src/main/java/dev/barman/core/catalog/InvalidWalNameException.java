// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

import dev.barman.core.BarmanException;

/** The WAL index has a line whose name is no WAL file's. The message carries the hint to rebuild the index. */
public final class InvalidWalNameException extends BarmanException {
    private static final long serialVersionUID = 1L;

    /** The error of commands that list WAL files. */
    public InvalidWalNameException(String name, String serverName) {
        this("xlog", name, serverName);
    }

    /** The error with {@link #message} of the same arguments. */
    public InvalidWalNameException(String kind, String name, String serverName) {
        super(message(kind, name, serverName));
    }

    /**
     * The text of the error.
     *
     * @param kind {@code WAL} or {@code xlog}: Barman's commands differ in it
     */
    public static String message(String kind, String name, String serverName) {
        return "invalid " + kind + " segment name 'BadXlogSegmentName:" + name + "'\n"
                + "HINT: Please run \"barman rebuild-xlogdb " + serverName + "\" to solve this issue";
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.cloudarchive;

/** The run ends with a message for the user and an exit code. */
final class CloudException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    CloudException(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    int exitCode() {
        return exitCode;
    }
}

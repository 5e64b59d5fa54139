// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.config;

/** Whether a text can be a connection string at all. */
final class DsnSyntax {
    private DsnSyntax() {}

    static boolean isValid(String conninfo) {
        return !conninfo.isEmpty();
    }
}

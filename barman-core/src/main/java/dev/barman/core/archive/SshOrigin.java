// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.archive;

import java.util.Map;

/** Tells in messages from where a command was run over ssh, as Barman does. */
public final class SshOrigin {
    private SshOrigin() {}

    /** {@code " (SSH host: ADDRESS)"}, or nothing when the command was not run over ssh. */
    public static String suffix(Map<String, String> environment) {
        String connection = environment.get("SSH_CONNECTION");
        if (connection == null || connection.isBlank()) {
            return "";
        }
        String address = connection.strip();
        int blank = address.indexOf(' ');
        return " (SSH host: " + (blank < 0 ? address : address.substring(0, blank)) + ")";
    }
}

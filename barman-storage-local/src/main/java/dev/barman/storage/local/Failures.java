// SPDX-License-Identifier: Apache-2.0
package dev.barman.storage.local;

import java.util.Locale;

/** Advice for failures of the file system. */
final class Failures {
    private Failures() {}

    /** What a person can do about it, as sentences of their own. */
    static String hint(String reason, String place) {
        String next = "Nothing was lost, and the next run goes on from here.";
        String said = reason.toLowerCase(Locale.ROOT);
        if (said.contains("no space left") || said.contains("file too large") || said.contains("quota exceeded")) {
            return "Free some space for " + place + ". " + next;
        }
        if (said.contains("permission denied")
                || said.contains("read-only file system")
                || said.contains("operation not permitted")) {
            return "Let this user read the file and write to " + place + ". " + next;
        }
        return next;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.barman.wal.archive;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Locale;

/** Keeps what cannot be archived, for a person to look at. */
public interface Quarantine {
    /** Why a file is kept. */
    enum Reason {
        /** The archive holds other content under the same name. */
        DUPLICATE("duplicate"),
        /** Not a WAL file, or not one of this server. */
        UNKNOWN("unknown");

        private final String suffix;

        Reason(String suffix) {
            this.suffix = suffix;
        }

        /** The word at the end of the kept file's name. */
        public String suffix() {
            return suffix;
        }
    }

    /**
     * The name of a file that is kept: {@code <name>.<UTC stamp>.<reason>}, and {@code <name>.<UTC stamp>.1.<reason>} for the second of
     * the same second.
     *
     * @param name the name it is kept for
     * @param time when
     * @param counter how many of the same name, second and reason there are already
     * @param reason why
     */
    static String fileName(String name, Instant time, int counter, Reason reason) {
        ZonedDateTime utc = time.atZone(ZoneOffset.UTC);
        String stamp = String.format(
                Locale.ROOT,
                "%04d%02d%02dT%02d%02d%02dZ",
                utc.getYear(),
                utc.getMonthValue(),
                utc.getDayOfMonth(),
                utc.getHour(),
                utc.getMinute(),
                utc.getSecond());
        return name + '.' + stamp + (counter == 0 ? "." : "." + counter + ".") + reason.suffix();
    }

    /**
     * Moves a file or directory aside, durably and under a name of its own: nothing that is kept already is ever replaced.
     *
     * @param name the name it is kept for; the source itself may be called differently
     * @return where it is now
     * @throws IOException when it cannot be moved; it is then still where it was
     */
    Path keep(Path source, String name, Reason reason) throws IOException;
}

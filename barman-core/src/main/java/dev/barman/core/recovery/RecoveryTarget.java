// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import dev.barman.core.text.BarmanDates;
import dev.barman.core.text.PythonText;
import dev.barman.wal.Lsn;
import java.time.OffsetDateTime;

/** Where the replay of WAL ends. Immutable. */
public sealed interface RecoveryTarget {
    /** Returns the option's keyword in the message about the target, for instance {@code xid}. */
    String keyword();

    /** Returns the value in the same message, quoted where Barman quotes it. */
    String shown();

    /** Returns the line of PostgreSQL's configuration that sets the target; empty for {@link EndOfArchive}. */
    String setting();

    /** Returns whether a stop just before the target can be asked for. */
    default boolean canBeExclusive() {
        return false;
    }

    /** No target: everything there is gets replayed. */
    record EndOfArchive() implements RecoveryTarget {
        @Override
        public String keyword() {
            return "";
        }

        @Override
        public String shown() {
            return "";
        }

        @Override
        public String setting() {
            return "";
        }
    }

    /** A point in time. */
    record Time(OffsetDateTime time) implements RecoveryTarget {
        @Override
        public String keyword() {
            return "time";
        }

        @Override
        public String shown() {
            return PythonText.repr(BarmanDates.withOffset(time));
        }

        @Override
        public String setting() {
            return "recovery_target_time = " + PostgresConfRewriter.quote(BarmanDates.withOffset(time));
        }

        @Override
        public boolean canBeExclusive() {
            return true;
        }
    }

    /** A transaction; PostgreSQL checks the text. */
    record Transaction(String id) implements RecoveryTarget {
        @Override
        public String keyword() {
            return "xid";
        }

        @Override
        public String shown() {
            return PythonText.repr(id);
        }

        @Override
        public String setting() {
            return "recovery_target_xid = " + PostgresConfRewriter.quote(id);
        }

        @Override
        public boolean canBeExclusive() {
            return true;
        }
    }

    /** A position in the WAL. */
    record Position(Lsn lsn, String text) implements RecoveryTarget {
        @Override
        public String keyword() {
            return "lsn";
        }

        @Override
        public String shown() {
            return PythonText.repr(text);
        }

        @Override
        public String setting() {
            return "recovery_target_lsn = " + PostgresConfRewriter.quote(text);
        }

        @Override
        public boolean canBeExclusive() {
            return true;
        }
    }

    /** A restore point made with {@code pg_create_restore_point}. */
    record RestorePoint(String name) implements RecoveryTarget {
        @Override
        public String keyword() {
            return "name";
        }

        @Override
        public String shown() {
            return PythonText.repr(name);
        }

        @Override
        public String setting() {
            return "recovery_target_name = " + PostgresConfRewriter.quote(name);
        }
    }

    /** The first moment at which the restored data is consistent. */
    record Immediate() implements RecoveryTarget {
        @Override
        public String keyword() {
            return "immediate";
        }

        @Override
        public String shown() {
            return "True";
        }

        @Override
        public String setting() {
            return "recovery_target = 'immediate'";
        }
    }
}

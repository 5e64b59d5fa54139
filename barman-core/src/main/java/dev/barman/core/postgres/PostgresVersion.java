// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.postgres;

/**
 * A server version as {@code server_version_num} gives it: 90624 is 9.6.24, 150018 is 15.18. Immutable.
 *
 * @param number the number, at least 70000
 */
public record PostgresVersion(int number) implements Comparable<PostgresVersion> {

    /** The oldest server Barman works with. */
    public static final PostgresVersion MINIMUM = new PostgresVersion(90600);

    public PostgresVersion {
        if (number < 70000 || number > 9_999_999) {
            throw new IllegalArgumentException("not a PostgreSQL version number: " + number);
        }
    }

    /** The version of a {@code server_version_num}. */
    public static PostgresVersion of(int number) {
        return new PostgresVersion(number);
    }

    /** Whether the server is of this major version (10 and later) or a newer one. */
    public boolean isAtLeast(int major) {
        return number >= major * 10_000;
    }

    /** Whether this release supports the server. */
    public boolean isSupported() {
        return number >= MINIMUM.number;
    }

    /** The major version as text: {@code 9.6}, {@code 15}. */
    public String major() {
        return number < 100_000 ? number / 10_000 + "." + number / 100 % 100 : Integer.toString(number / 10_000);
    }

    @Override
    public int compareTo(PostgresVersion other) {
        return Integer.compare(number, other.number);
    }

    /** The full version without suffixes: {@code 9.6.24}, {@code 15.18}. */
    @Override
    public String toString() {
        return number < 100_000 ? major() + "." + number % 100 : major() + "." + number % 10_000;
    }
}

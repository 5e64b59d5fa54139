// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.catalog;

/**
 * A tablespace outside the data directory.
 *
 * @param name its name in PostgreSQL
 * @param oid its object id, also the name of its directory in a backup
 * @param location its directory on the PostgreSQL host
 */
public record Tablespace(String name, long oid, String location) {
    /** Checks that the object id is one. */
    public Tablespace {
        if (oid < 0 || oid > 0xFFFFFFFFL) {
            throw new IllegalArgumentException("not an object id: " + oid);
        }
    }
}

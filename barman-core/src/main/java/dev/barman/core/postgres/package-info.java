// SPDX-License-Identifier: Apache-2.0
/**
 * Access to PostgreSQL: connection strings in libpq's grammar, the regular and the streaming connection, and everything
 * that is read from or asked of a server, with the SQL of every supported version in one place.
 */
@NullMarked
package dev.barman.core.postgres;

import org.jspecify.annotations.NullMarked;

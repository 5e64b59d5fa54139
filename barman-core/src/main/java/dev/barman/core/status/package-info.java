// SPDX-License-Identifier: Apache-2.0
/** What is found out about a PostgreSQL server and the tools on this machine, each fact asked for once. */
@NullMarked
package dev.barman.core.status;

import org.jspecify.annotations.NullMarked;

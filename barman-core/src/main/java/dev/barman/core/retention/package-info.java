// SPDX-License-Identifier: Apache-2.0

/** Which backups a retention policy calls obsolete. */
@NullMarked
package dev.barman.core.retention;

import org.jspecify.annotations.NullMarked;

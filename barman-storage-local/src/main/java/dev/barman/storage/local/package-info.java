// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.barman.storage.local;

import org.jspecify.annotations.NullMarked;

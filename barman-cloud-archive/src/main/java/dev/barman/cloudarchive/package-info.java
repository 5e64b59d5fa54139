// SPDX-License-Identifier: Apache-2.0
@NullMarked
package dev.barman.cloudarchive;

import org.jspecify.annotations.NullMarked;

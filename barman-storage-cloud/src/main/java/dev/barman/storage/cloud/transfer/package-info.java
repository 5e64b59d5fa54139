// SPDX-License-Identifier: Apache-2.0
/** What the providers have in common: content on its way into a store, and out of it. */
@NullMarked
package dev.barman.storage.cloud.transfer;

import org.jspecify.annotations.NullMarked;

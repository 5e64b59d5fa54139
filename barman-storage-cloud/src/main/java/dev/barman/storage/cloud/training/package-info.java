// SPDX-License-Identifier: Apache-2.0
/** For the training of class archives, which need a store to talk to. */
@NullMarked
package dev.barman.storage.cloud.training;

import org.jspecify.annotations.NullMarked;

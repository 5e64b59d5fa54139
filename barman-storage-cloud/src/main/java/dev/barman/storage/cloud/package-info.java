// SPDX-License-Identifier: Apache-2.0
/** Places in the clouds: URLs, keys, and one {@link dev.barman.object.ObjectStore} per provider in packages of their own. */
@NullMarked
package dev.barman.storage.cloud;

import org.jspecify.annotations.NullMarked;

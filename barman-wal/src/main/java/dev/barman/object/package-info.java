// SPDX-License-Identifier: Apache-2.0
/**
 * The interface of object stores: named, immutable sequences of bytes, as S3, Azure Blob Storage, Google Cloud Storage and a
 * local directory keep them. Every implementation passes {@code ObjectStoreContract}.
 */
@NullMarked
package dev.barman.object;

import org.jspecify.annotations.NullMarked;

// SPDX-License-Identifier: Apache-2.0
/** Objects in Google Cloud Storage. The classes of Google's client load with {@code GcsObjectStore.open}, not before. */
@NullMarked
package dev.barman.storage.cloud.gcs;

import org.jspecify.annotations.NullMarked;

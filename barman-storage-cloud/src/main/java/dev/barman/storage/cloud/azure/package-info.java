// SPDX-License-Identifier: Apache-2.0
/** Objects in Azure Blob Storage. The classes of Azure's SDK load with {@code AzureObjectStore.open}, not before. */
@NullMarked
package dev.barman.storage.cloud.azure;

import org.jspecify.annotations.NullMarked;

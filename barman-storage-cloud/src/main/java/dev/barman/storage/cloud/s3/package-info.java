// SPDX-License-Identifier: Apache-2.0
/** Amazon S3 and the stores that speak its protocol. */
@NullMarked
package dev.barman.storage.cloud.s3;

import org.jspecify.annotations.NullMarked;

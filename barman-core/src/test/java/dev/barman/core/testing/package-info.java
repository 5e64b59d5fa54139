// SPDX-License-Identifier: Apache-2.0
/** What integration tests share: real servers and throw-away directories. */
package dev.barman.core.testing;

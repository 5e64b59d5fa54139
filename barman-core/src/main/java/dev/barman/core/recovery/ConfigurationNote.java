// SPDX-License-Identifier: Apache-2.0
package dev.barman.core.recovery;

import org.jspecify.annotations.Nullable;

/**
 * A remark about one line of a restored configuration file.
 *
 * @param file the file's name inside the destination
 * @param line the line, counted from zero
 * @param key the setting
 * @param value its value; null when it was commented out
 */
public record ConfigurationNote(
        String file, int line, String key, @Nullable String value) {}

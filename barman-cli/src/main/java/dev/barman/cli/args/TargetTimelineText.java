// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.args;

import com.beust.jcommander.IStringConverter;

/** {@code current}, {@code latest}, or a positive integer; the text is kept as typed. */
public final class TargetTimelineText implements IStringConverter<String> {
    @Override
    public String convert(String value) {
        if (!value.equals("current") && !value.equals("latest")) {
            new PositiveInt().convert(value);
        }
        return value;
    }
}

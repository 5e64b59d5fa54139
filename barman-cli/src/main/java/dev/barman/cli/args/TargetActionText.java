// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.args;

import com.beust.jcommander.IStringConverter;
import com.beust.jcommander.ParameterException;

/** {@code pause}, {@code shutdown} or {@code promote}. */
public final class TargetActionText implements IStringConverter<String> {
    @Override
    public String convert(String value) {
        if (value.equals("pause") || value.equals("shutdown") || value.equals("promote")) {
            return value;
        }
        throw new ParameterException("'" + value + "' is not a valid recovery target action");
    }
}

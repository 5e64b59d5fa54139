// SPDX-License-Identifier: Apache-2.0
package dev.barman.cli.args;

import com.beust.jcommander.IStringConverter;
import com.beust.jcommander.ParameterException;

/** An integer of one or more. */
public final class PositiveInt implements IStringConverter<Integer> {
    @Override
    public Integer convert(String value) {
        int number;
        try {
            number = Integer.parseInt(value.trim());
        } catch (NumberFormatException e) {
            throw new ParameterException("'" + value + "' is not a valid input", e);
        }
        if (number < 1) {
            throw new ParameterException("'" + value + "' is not a valid positive integer");
        }
        return number;
    }
}
